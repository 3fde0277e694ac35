import { Bounds, unreadable } from './bounds.ts';
import { addLink, checkedSpan } from './checked-span.ts';
import { listIn, objectsIn, readAttributes, textIn, type Json } from './read-json-value.ts';
import { plainTexts } from './read-protobuf-value.ts';
import type { ReceivedSpan, SpanEvent, SpanLink } from './received-span.ts';
import { clean, objectText } from './value-text.ts';

/*
 * The same request in JSON: protobuf's, but ids in hexadecimal digits. Names in snake case count too, as in protobuf's own readers.
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */

/** The spans of a request in JSON; `undefined` when it has no place for any. */
export function readJson(text: string): readonly ReceivedSpan[] | undefined {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch {
    throw unreadable('the body is not JSON.');
  }
  if (typeof request !== 'object' || request === null || Array.isArray(request)) throw unreadable('the body is not an object.');
  const resources = objectsIn(request as Json, 'resourceSpans');
  if (resources.length === 0) return undefined;
  const bounds = new Bounds();
  return resources.flatMap((resourceSpans) => {
    const [producer] = objectsIn(resourceSpans, 'resource', 'one');
    const resource = producer === undefined ? new Map<string, string>() : plainTexts(readAttributes(producer, { bounds, isSpan: false }));
    return objectsIn(resourceSpans, 'scopeSpans').flatMap((scopeSpans) =>
      objectsIn(scopeSpans, 'spans').map((span) => readSpan(span, { bounds, resource })),
    );
  });
}

interface Around {
  readonly bounds: Bounds;
  readonly resource: ReadonlyMap<string, string>;
}

function readSpan(span: Json, { bounds, resource }: Around): ReceivedSpan {
  bounds.span();
  const [status = {}] = objectsIn(span, 'status', 'one');
  return checkedSpan({
    traceId: idIn(span, 'traceId'),
    id: idIn(span, 'spanId'),
    parentId: idIn(span, 'parentSpanId'),
    name: textIn(span, 'name'),
    start: timeIn(span, 'startTimeUnixNano'),
    end: timeIn(span, 'endTimeUnixNano'),
    code: codeOf(listIn(status, 'code', 'one')[0]),
    message: textIn(status, 'message'),
    attributes: readAttributes(span, { bounds, isSpan: true }),
    events: objectsIn(span, 'events').map((event) => readEvent(event, bounds)),
    links: readLinks(span, bounds),
    resource,
  });
}

function readEvent(event: Json, bounds: Bounds): SpanEvent {
  bounds.value();
  return {
    name: clean(textIn(event, 'name')),
    time: String(timeIn(event, 'timeUnixNano')),
    attributes: objectText(readAttributes(event, { bounds, isSpan: false })),
  };
}

function readLinks(span: Json, bounds: Bounds): readonly SpanLink[] {
  const links: SpanLink[] = [];
  for (const link of objectsIn(span, 'links')) {
    bounds.value();
    const attributes = objectText(readAttributes(link, { bounds, isSpan: false }));
    addLink(links, { traceId: idIn(link, 'traceId'), spanId: idIn(link, 'spanId'), attributes });
  }
  return links;
}

function idIn(object: Json, name: string): string {
  const id = textIn(object, name).toLowerCase();
  if (!/^(?:[0-9a-f]{2}){0,64}$/.test(id)) throw unreadable(`${name} is not in hexadecimal digits.`);
  return id;
}

/** 64 bits without a sign, in digits. A number has been rounded if it is as large as today's times are. */
function timeIn(object: Json, name: string): bigint {
  const [value = '0'] = listIn(object, name, 'one');
  if (typeof value === 'string' && /^\d{1,20}$/.test(value)) {
    const time = BigInt(value);
    if (time < 2n ** 64n) return time;
  }
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 64) return BigInt(value);
  throw unreadable(`${name} is not a time in nanoseconds.`);
}

const CODES = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'];

function codeOf(value: unknown): number {
  if (value === undefined) return 0;
  const code = typeof value === 'string' ? CODES.indexOf(value) : value;
  if (typeof code !== 'number' || !Number.isInteger(code) || code < 0) throw unreadable('code is not that of a status.');
  return code;
}
