import { randomFillSync } from 'node:crypto';

/** What W3C Trace Context carries from one process to the next. https://www.w3.org/TR/trace-context/ */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate?: string | undefined;
}

export type SpanKind = 'server' | 'client';
export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface Span extends TraceContext {
  /** 32 hexadecimal digits: the same in every log line and span of one request. */
  readonly traceId: string;
  end(attributes?: Attributes, error?: string): void;
}

export interface Tracer extends AsyncDisposable {
  start(name: string, kind: SpanKind, parent: TraceContext | undefined, attributes?: Attributes): Span;
}

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);

/** Reads a `traceparent` header; undefined when it is none or breaks the rules (version ff, zero identifiers). */
export function parseTraceparent(header: string): { traceId: string; spanId: string; flags: string } | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(header) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined || header.startsWith('ff')) return undefined;
  // Version 00 has exactly these four parts; later versions may add more behind a dash.
  if (header.length > 55 && (header.startsWith('00') || header[55] !== '-')) return undefined;
  return traceId === NO_TRACE || spanId === NO_SPAN ? undefined : { traceId, spanId, flags };
}

const pool = Buffer.allocUnsafe(4096);
let digits = '';
let used = 0;

/** Random hexadecimal digits for identifiers, drawn from a pool: a system call for each, or only a call out of JavaScript, would cost more than all the rest. */
function randomHex(count: number): string {
  if (used + count > digits.length) {
    digits = randomFillSync(pool).toString('hex');
    used = 0;
  }
  used += count;
  return digits.slice(used - count, used);
}

class PlainSpan implements Span {
  readonly traceId: string;
  readonly flags: string;
  readonly traceparent: string;
  readonly tracestate: string | undefined;

  constructor(traceId: string, flags: string, tracestate: string | undefined) {
    this.traceId = traceId;
    this.flags = flags;
    this.traceparent = `00-${traceId}-${randomHex(16)}-${flags}`;
    this.tracestate = tracestate;
  }

  end(): void {}
}

/** Carries trace identifiers on and records nothing: what runs while no exporter is configured. */
export const plainTracer: Tracer = {
  start: (_name, _kind, parent) => {
    if (parent instanceof PlainSpan) return new PlainSpan(parent.traceId, parent.flags, parent.tracestate);
    const known = parent === undefined ? undefined : parseTraceparent(parent.traceparent);
    return known === undefined
      ? new PlainSpan(randomHex(32), '00', undefined)
      : new PlainSpan(known.traceId, known.flags === '00' ? '00' : '01', parent?.tracestate);
  },
  [Symbol.asyncDispose]: async () => {},
};
