import { randomUUIDv7 } from 'node:crypto';
import { AppError } from '@mlab/kernel';
import type { TraceContext } from '@mlab/telemetry';
import { attributeFault } from '#/attribute.ts';

/**
 * A CloudEvent 1.0 in structured JSON. `partitionkey`, `traceparent`, `tracestate`, `expirytime` and `correlationid` are
 * extensions that CloudEvents documents; `replyto` is ours: the channel that a reply is written to.
 */
export interface Envelope {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time?: string;
  readonly subject?: string;
  readonly datacontenttype?: string;
  readonly partitionkey?: string;
  readonly traceparent?: string;
  readonly tracestate?: string;
  /** Until when somebody waits for the reply. */
  readonly expirytime?: string;
  readonly replyto?: string;
  /** Of a reply: the id of the message that it answers. */
  readonly correlationid?: string;
  readonly data?: unknown;
}

const MAX_KEY = 512;
const MAX_ATTRIBUTE = 2048;

/** What a NATS server takes unless told otherwise is 1 MiB; 8 KiB of it are left for headers and subject. */
export const MAX_ENVELOPE_BYTES = 1_040_384;

export interface EnvelopeSpec {
  readonly service: string;
  readonly type: string;
  readonly time: Date;
  readonly data: unknown;
  readonly key?: string | undefined;
  readonly subject?: string | undefined;
  readonly trace?: TraceContext | undefined;
  readonly request?: { readonly replyto: string; readonly expirytime: string } | undefined;
  readonly correlationid?: string | undefined;
}

export interface WrittenEnvelope {
  readonly id: string;
  readonly text: string;
}

/** Throws a sentence when an attribute is not what CloudEvents allows, and `too_large` when no bus would carry it. */
export function writeEnvelope(spec: EnvelopeSpec): WrittenEnvelope {
  const { service, type, time, data, key, subject, trace, request, correlationid } = spec;
  const refuse = (name: string, fault: string | undefined): void => {
    if (fault !== undefined) throw new Error(`${type} cannot be published: its ${name} ${fault}.`);
  };
  if (key !== undefined) refuse('key', attributeFault(key, MAX_KEY));
  if (subject !== undefined) refuse('subject', attributeFault(subject, MAX_ATTRIBUTE));
  const id = randomUUIDv7();
  const envelope: Envelope = {
    specversion: '1.0',
    id,
    source: `/services/${service}`,
    type,
    time: time.toISOString(),
    ...(subject === undefined ? {} : { subject }),
    datacontenttype: 'application/json',
    ...(key === undefined ? {} : { partitionkey: key }),
    ...(trace === undefined ? {} : { traceparent: trace.traceparent }),
    ...(trace?.tracestate === undefined || trace.tracestate === '' ? {} : { tracestate: trace.tracestate }),
    ...request,
    ...(correlationid === undefined ? {} : { correlationid }),
    data,
  };
  // Escapes what PostgreSQL's text and UTF-8 cannot hold: NUL and lone surrogates.
  const text = jsonOf(envelope, refuse);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_ENVELOPE_BYTES)
    throw new AppError('too_large', `${type} cannot be published: it has ${bytes} bytes and may have ${MAX_ENVELOPE_BYTES}.`);
  return { id, text };
}

function jsonOf(envelope: Envelope, refuse: (name: string, fault: string) => void): string {
  if (envelope.data === undefined) refuse('data', 'is undefined, which JSON cannot say');
  try {
    return JSON.stringify(envelope);
  } catch (error) {
    // A circle, a bigint, or nesting deeper than the stack.
    throw new Error(`${envelope.type} cannot be published: its data cannot be written as JSON.`, { cause: error });
  }
}

/** What somebody has put onto the bus, who need not have been us. Throws a sentence that says what is wrong with it. */
export function readEnvelope(text: string): Envelope {
  const envelope = JSON.parse(text) as Record<string, unknown> | null;
  if (typeof envelope !== 'object' || envelope === null || Array.isArray(envelope)) throw new Error('The message is not a JSON object.');
  if (envelope['specversion'] !== '1.0') throw new Error('The attribute specversion is not 1.0.');
  for (const [name, { required, max }] of Object.entries(ATTRIBUTES)) {
    const value = envelope[name];
    if (value === undefined && !required) continue;
    const fault = attributeFault(value, max);
    if (fault !== undefined) throw new Error(`The attribute ${name} ${fault}.`);
  }
  for (const name of ['time', 'expirytime']) {
    const value = envelope[name] as string | undefined;
    if (value !== undefined && Number.isNaN(Date.parse(value))) throw new Error(`The attribute ${name} is not a time.`);
  }
  return envelope as unknown as Envelope;
}

const ATTRIBUTES: Readonly<Record<string, { readonly required: boolean; readonly max: number }>> = {
  id: { required: true, max: 256 },
  source: { required: true, max: MAX_ATTRIBUTE },
  type: { required: true, max: 256 },
  time: { required: false, max: 64 },
  subject: { required: false, max: MAX_ATTRIBUTE },
  partitionkey: { required: false, max: MAX_KEY },
  traceparent: { required: false, max: 256 },
  tracestate: { required: false, max: MAX_ATTRIBUTE },
  expirytime: { required: false, max: 64 },
  replyto: { required: false, max: 256 },
  correlationid: { required: false, max: 256 },
};

/** Who published it: the last part of `/services/<name>`. */
export const publisherOf = ({ source }: Envelope): string => source.replace(/^\/services\//, '');
