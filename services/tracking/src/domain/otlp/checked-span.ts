import { unconvertible } from './bounds.ts';
import type { ReceivedSpan, SpanLink, SpanStatus } from './received-span.ts';
import { clean } from './value-text.ts';

const MAX_TIME = 2n ** 63n - 1n;
const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;

/** A span as both encodings say it: hexadecimal digits, in any number; an end and a parent of zero that are absent; the number of a status. */
interface RawSpan extends Omit<ReceivedSpan, 'parentId' | 'end' | 'status' | 'message'> {
  readonly parentId: string;
  readonly end: bigint;
  readonly code: number;
  readonly message: string;
}

/** A span that can be kept, or an error that says why not. */
export function checkedSpan({ code, ...raw }: RawSpan): ReceivedSpan {
  const parentId = idOf('parent span', raw.parentId, SPAN_DIGITS);
  if (raw.traceId === '') throw unconvertible('it has no trace id.');
  if (raw.id === '') throw unconvertible('it has no span id.');
  if (raw.start > MAX_TIME || raw.end > MAX_TIME) throw unconvertible('it begins or ends behind the year 2262.');
  return {
    ...raw,
    traceId: idOf('trace', raw.traceId, TRACE_DIGITS),
    id: idOf('span', raw.id, SPAN_DIGITS),
    parentId: /^0*$/.test(parentId) ? undefined : parentId,
    name: clean(raw.name),
    end: raw.end === 0n ? undefined : raw.end,
    status: statusOf(code),
    message: raw.message === '' ? undefined : clean(raw.message),
  };
}

function idOf(what: string, digits: string, length: number): string {
  if (digits.length > length) throw unconvertible(`its ${what} id has more than ${length / 2} bytes.`);
  return digits.padStart(length, '0');
}

const statusOf = (code: number): SpanStatus => (code === 1 ? 'OK' : code === 2 ? 'ERROR' : 'UNSET');

/** Some producers have ids that are too long for OTLP. The span is of use without such a link. */
export function addLink(links: SpanLink[], { traceId, spanId, attributes }: SpanLink): void {
  if (traceId.length > TRACE_DIGITS || spanId.length > SPAN_DIGITS) return;
  links.push({ traceId: traceId.padStart(TRACE_DIGITS, '0'), spanId: spanId.padStart(SPAN_DIGITS, '0'), attributes });
}
