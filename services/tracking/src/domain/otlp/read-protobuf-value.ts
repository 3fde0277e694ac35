import { MAX_DEPTH, unreadable, type Bounds } from './bounds.ts';
import { attributeText, clean, doubleText, objectText, quoted } from './value-text.ts';
import type { WireReader } from './wire-reader.ts';

/** How deep a span's attributes stand: request, resource, scope, span, attribute. */
const OUTER_DEPTH = 5;

interface Into {
  readonly into: Map<string, string>;
  readonly bounds: Bounds;
  /** Whether its texts may be structures written as JSON. */
  readonly isSpan: boolean;
}

/** One `KeyValue`; the last one of a key counts. */
export function readAttributes(reader: WireReader, end: number, { into, bounds, isSpan }: Into): void {
  let key = '';
  let value = 'null';
  while (reader.at < end) {
    const tag = reader.tag(end);
    if (tag === 0x0a) key = reader.text(end);
    else if (tag === 0x12)
      value = readValue(reader, reader.length(end), { bounds, depth: OUTER_DEPTH, text: isSpan ? attributeText : quoted });
    else reader.skip(tag, end, 0b110);
  }
  bounds.value();
  into.set(clean(key), value);
}

/** What produced the spans: a text for each attribute. */
export function readResource(reader: WireReader, end: number, bounds: Bounds): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  while (reader.at < end) {
    const tag = reader.tag(end);
    if (tag === 0x0a) readAttributes(reader, reader.length(end), { into: attributes, bounds, isSpan: false });
    else reader.skip(tag, end, 0b10);
  }
  return plainTexts(attributes);
}

/** Texts without their quotes, all else as JSON. */
export function plainTexts(attributes: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map(Array.from(attributes, ([key, value]) => [key, value.startsWith('"') ? (JSON.parse(value) as string) : value]));
}

interface Place {
  readonly bounds: Bounds;
  readonly depth: number;
  readonly text: (value: string) => string;
}

/** An `AnyValue` as JSON. */
function readValue(reader: WireReader, end: number, place: Place): string {
  if (place.depth > MAX_DEPTH) throw unreadable(`a value is nested deeper than ${MAX_DEPTH} messages.`);
  let value = 'null';
  while (reader.at < end) {
    const tag = reader.tag(end);
    switch (tag) {
      case 0x0a:
        value = place.text(reader.text(end));
        break;
      case 0x10:
        value = String(reader.varint(end) !== 0);
        break;
      case 0x18:
        value = reader.int64(end);
        break;
      case 0x21:
        value = doubleText(reader.double(end));
        break;
      case 0x2a:
        value = readArray(reader, reader.length(end), inside(place, 2));
        break;
      case 0x32:
        value = readKeyValues(reader, reader.length(end), inside(place, 3));
        break;
      case 0x3a:
        value = quoted(reader.bytes(end, 'base64'));
        break;
      default:
        reader.skip(tag, end, 0b1111_1110);
    }
  }
  return value;
}

const inside = ({ bounds, depth }: Place, levels: number): Place => ({ bounds, depth: depth + levels, text: quoted });

function readArray(reader: WireReader, end: number, place: Place): string {
  const items: string[] = [];
  while (reader.at < end) {
    const tag = reader.tag(end);
    if (tag === 0x0a) {
      place.bounds.value();
      items.push(readValue(reader, reader.length(end), place));
    } else reader.skip(tag, end, 0b10);
  }
  return `[${items.join(', ')}]`;
}

function readKeyValues(reader: WireReader, end: number, place: Place): string {
  const members = new Map<string, string>();
  while (reader.at < end) {
    const tag = reader.tag(end);
    if (tag === 0x0a) readKeyValue(reader, reader.length(end), { members, place });
    else reader.skip(tag, end, 0b10);
  }
  return objectText(members);
}

function readKeyValue(
  reader: WireReader,
  end: number,
  { members, place }: { readonly members: Map<string, string>; readonly place: Place },
): void {
  let key = '';
  let value = 'null';
  place.bounds.value();
  while (reader.at < end) {
    const tag = reader.tag(end);
    if (tag === 0x0a) key = reader.text(end);
    else if (tag === 0x12) value = readValue(reader, reader.length(end), place);
    else reader.skip(tag, end, 0b110);
  }
  members.set(clean(key), value);
}
