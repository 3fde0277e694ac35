/** Writes OTLP as an exporter does: enough of protobuf's wire format for the tests. */

const varint = (value: bigint): number[] => {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return [...bytes, Number(rest)];
};

export const tag = (field: number, wire: number): Buffer => Buffer.from(varint(BigInt(field * 8 + wire)));
export const number = (field: number, value: bigint | number): Buffer => Buffer.concat([tag(field, 0), Buffer.from(varint(BigInt(value)))]);
export const bytes = (field: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([tag(field, 2), Buffer.from(varint(BigInt(body.length))), body]);
};
export const text = (field: number, value: string): Buffer => bytes(field, Buffer.from(value));
export function fixed64(field: number, value: bigint): Buffer {
  const body = Buffer.alloc(8);
  body.writeBigUInt64LE(value);
  return Buffer.concat([tag(field, 1), body]);
}
function double(field: number, value: number): Buffer {
  const body = Buffer.alloc(8);
  body.writeDoubleLE(value);
  return Buffer.concat([tag(field, 1), body]);
}

export type Value = string | number | bigint | boolean | null | Uint8Array | readonly Value[] | { readonly [key: string]: Value };

/** Numbers are doubles, bigints are integers. */
export function anyValue(value: Value): Buffer {
  if (value === null) return Buffer.alloc(0);
  if (typeof value === 'string') return text(1, value);
  if (typeof value === 'boolean') return number(2, value ? 1 : 0);
  if (typeof value === 'bigint') return number(3, value);
  if (typeof value === 'number') return double(4, value);
  if (value instanceof Uint8Array) return bytes(7, value);
  if (Array.isArray(value)) return bytes(5, ...(value as readonly Value[]).map((item) => bytes(1, anyValue(item))));
  return bytes(6, ...Object.entries(value).map(([key, item]) => bytes(1, keyValue(key, item))));
}

const keyValue = (key: string, value: Value): Buffer => Buffer.concat([text(1, key), bytes(2, anyValue(value))]);

const attributesOf = (field: number, attributes: Readonly<Record<string, Value>> = {}): readonly Buffer[] =>
  Object.entries(attributes).map(([key, value]) => bytes(field, keyValue(key, value)));

export interface TestSpan {
  readonly traceId: string;
  readonly id: string;
  readonly parentId?: string;
  readonly name?: string;
  readonly start?: bigint;
  readonly end?: bigint;
  readonly attributes?: Readonly<Record<string, Value>>;
  readonly events?: readonly { readonly name: string; readonly time: bigint; readonly attributes?: Readonly<Record<string, Value>> }[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string; readonly attributes?: Readonly<Record<string, Value>> }[];
  readonly code?: number;
  readonly message?: string;
}

export function spanMessage(span: TestSpan): Buffer {
  const { traceId, id, parentId, name = 'step', start = 1_700_000_000_000_000_000n, end = 1_700_000_001_500_000_000n } = span;
  return Buffer.concat([
    bytes(1, Buffer.from(traceId, 'hex')),
    bytes(2, Buffer.from(id, 'hex')),
    ...(parentId === undefined ? [] : [bytes(4, Buffer.from(parentId, 'hex'))]),
    text(5, name),
    number(6, 1),
    fixed64(7, start),
    fixed64(8, end),
    ...attributesOf(9, span.attributes),
    ...(span.events ?? []).map((event) =>
      bytes(11, fixed64(1, event.time), text(2, event.name), ...attributesOf(3, event.attributes), number(4, 0)),
    ),
    ...(span.links ?? []).map((link) =>
      bytes(13, bytes(1, Buffer.from(link.traceId, 'hex')), bytes(2, Buffer.from(link.spanId, 'hex')), ...attributesOf(4, link.attributes)),
    ),
    ...(span.code === undefined && span.message === undefined ? [] : [bytes(15, text(2, span.message ?? ''), number(3, span.code ?? 0))]),
  ]);
}

/** `ExportTraceServiceRequest`, from one producer. */
export const exportRequest = (spans: readonly TestSpan[], resource: Readonly<Record<string, Value>> = {}): Buffer =>
  bytes(
    1,
    bytes(1, ...attributesOf(1, resource)),
    bytes(2, bytes(1, text(1, 'test')), ...spans.map((span) => bytes(2, spanMessage(span)))),
  );
