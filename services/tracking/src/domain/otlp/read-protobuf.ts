import { Bounds } from './bounds.ts';
import { addLink, checkedSpan } from './checked-span.ts';
import { readAttributes, readResource } from './read-protobuf-value.ts';
import type { ReceivedSpan, SpanEvent, SpanLink } from './received-span.ts';
import { clean, objectText } from './value-text.ts';
import { WireReader } from './wire-reader.ts';

/*
 * `ExportTraceServiceRequest` of opentelemetry/proto/collector/trace/v1, message by message. A case is a field's number times eight and its wire
 * type; the number behind `skip` has a bit for each field that is known.
 */

/** The spans of a request in protobuf; `undefined` when it has no place for any. */
export function readProtobuf(bytes: Buffer): readonly ReceivedSpan[] | undefined {
  const reader = new WireReader(bytes);
  const bounds = new Bounds();
  const end = reader.size;
  const spans: ReceivedSpan[] = [];
  let some = false;
  while (reader.at < end) {
    const tag = reader.tag(end);
    if (tag === 0x0a) {
      some = true;
      readResourceSpans(reader, { end: reader.length(end), spans, bounds });
    } else reader.skip(tag, end, 0b10);
  }
  return some ? spans : undefined;
}

interface Into {
  readonly end: number;
  readonly spans: ReceivedSpan[];
  readonly bounds: Bounds;
}

function readResourceSpans(reader: WireReader, { end, spans, bounds }: Into): void {
  let resource: ReadonlyMap<string, string> = new Map();
  const scopes: number[] = [];
  while (reader.at < end) {
    const tag = reader.tag(end);
    if (tag === 0x0a) resource = readResource(reader, reader.length(end), bounds);
    else if (tag === 0x12) {
      // The resource may stand behind its spans, so these are read when it is known.
      const stop = reader.length(end);
      scopes.push(reader.at, stop);
      reader.at = stop;
    } else reader.skip(tag, end, 0b110);
  }
  for (let index = 0; index < scopes.length; index += 2) {
    reader.at = scopes[index] as number;
    readScopeSpans(reader, { end: scopes[index + 1] as number, spans, bounds }, resource);
  }
}

function readScopeSpans(reader: WireReader, { end, spans, bounds }: Into, resource: ReadonlyMap<string, string>): void {
  while (reader.at < end) {
    const tag = reader.tag(end);
    if (tag === 0x12) {
      bounds.span();
      spans.push(readSpan(reader, reader.length(end), { bounds, resource }));
    } else if (tag === 0x0a || tag === 0x1a) reader.at = reader.length(end);
    else reader.skip(tag, end, 0b1110);
  }
}

interface Around {
  readonly bounds: Bounds;
  readonly resource: ReadonlyMap<string, string>;
}

function readSpan(reader: WireReader, end: number, { bounds, resource }: Around): ReceivedSpan {
  let traceId = '';
  let id = '';
  let parentId = '';
  let name = '';
  let start = 0n;
  let stop = 0n;
  let status: Status = { code: 0, message: '' };
  const attributes = new Map<string, string>();
  const events: SpanEvent[] = [];
  const links: SpanLink[] = [];
  while (reader.at < end) {
    const tag = reader.tag(end);
    switch (tag) {
      case 0x0a:
        traceId = reader.bytes(end, 'hex');
        break;
      case 0x12:
        id = reader.bytes(end, 'hex');
        break;
      case 0x22:
        parentId = reader.bytes(end, 'hex');
        break;
      case 0x2a:
        name = reader.text(end);
        break;
      case 0x39:
        start = reader.fixed64(end);
        break;
      case 0x41:
        stop = reader.fixed64(end);
        break;
      case 0x4a:
        readAttributes(reader, reader.length(end), { into: attributes, bounds, isSpan: true });
        break;
      case 0x5a:
        events.push(readEvent(reader, reader.length(end), bounds));
        break;
      case 0x6a:
        readLink(reader, reader.length(end), { links, bounds });
        break;
      case 0x7a:
        status = readStatus(reader, reader.length(end));
        break;
      default:
        reader.skip(tag, end, 0b1010_1011_1011_0110);
    }
  }
  return checkedSpan({ traceId, id, parentId, name, start, end: stop, ...status, attributes, events, links, resource });
}

interface Status {
  readonly code: number;
  readonly message: string;
}

function readStatus(reader: WireReader, end: number): Status {
  let code = 0;
  let message = '';
  while (reader.at < end) {
    const tag = reader.tag(end);
    if (tag === 0x12) message = reader.text(end);
    else if (tag === 0x18) code = reader.varint(end);
    else reader.skip(tag, end, 0b1100);
  }
  return { code, message };
}

function readEvent(reader: WireReader, end: number, bounds: Bounds): SpanEvent {
  let time = 0n;
  let name = '';
  const attributes = new Map<string, string>();
  bounds.value();
  while (reader.at < end) {
    const tag = reader.tag(end);
    if (tag === 0x09) time = reader.fixed64(end);
    else if (tag === 0x12) name = reader.text(end);
    else if (tag === 0x1a) readAttributes(reader, reader.length(end), { into: attributes, bounds, isSpan: false });
    else reader.skip(tag, end, 0b1110);
  }
  return { name: clean(name), time: String(time), attributes: objectText(attributes) };
}

function readLink(reader: WireReader, end: number, { links, bounds }: { readonly links: SpanLink[]; readonly bounds: Bounds }): void {
  let traceId = '';
  let spanId = '';
  const attributes = new Map<string, string>();
  bounds.value();
  while (reader.at < end) {
    const tag = reader.tag(end);
    if (tag === 0x0a) traceId = reader.bytes(end, 'hex');
    else if (tag === 0x12) spanId = reader.bytes(end, 'hex');
    else if (tag === 0x22) readAttributes(reader, reader.length(end), { into: attributes, bounds, isSpan: false });
    else reader.skip(tag, end, 0b1_0110);
  }
  addLink(links, { traceId, spanId, attributes: objectText(attributes) });
}
