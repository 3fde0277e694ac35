import type { BasicType, SchemaElement } from 'hyparquet-writer';
import type { Entry } from '#/domain/input-log/entry.ts';
import { timeOf } from '#/domain/input-log/input-id.ts';

interface Column {
  readonly name: string;
  readonly type: BasicType;
  readonly required?: boolean;
  readonly read: (entry: Entry) => unknown;
}

const COLUMNS: readonly Column[] = [
  { name: 'id', type: 'STRING', required: true, read: ({ id }) => id },
  { name: 'received_at', type: 'TIMESTAMP', required: true, read: ({ id }) => new Date(timeOf(id)) },
  { name: 'data', type: 'STRING', read: ({ data }) => data },
  { name: 'length', type: 'INT32', required: true, read: ({ length }) => length },
  { name: 'sha256', type: 'STRING', read: ({ sha256 }) => sha256 },
  { name: 'outcome', type: 'STRING', required: true, read: ({ outcome }) => outcome },
  { name: 'status', type: 'INT32', read: ({ status }) => status },
  { name: 'class', type: 'STRING', read: (entry) => entry.class },
  { name: 'confidence', type: 'DOUBLE', read: ({ confidence }) => confidence },
  { name: 'latency_ms', type: 'DOUBLE', read: ({ latencyMs }) => latencyMs },
  { name: 'model', type: 'STRING', read: ({ model }) => model },
  { name: 'model_version', type: 'STRING', read: ({ modelVersion }) => modelVersion },
  { name: 'error', type: 'STRING', read: ({ error }) => error },
  { name: 'trace_id', type: 'STRING', required: true, read: ({ traceId }) => traceId },
  { name: 'prediction', type: 'STRING', read: ({ prediction }) => prediction },
];

const ELEMENTS: Partial<Record<BasicType, Partial<SchemaElement>>> = {
  STRING: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  TIMESTAMP: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
  INT32: { type: 'INT32' },
  DOUBLE: { type: 'DOUBLE' },
};

/** A row group is as large as the memory that an export takes. */
const GROUP_ROWS = 20_000;
const GROUP_CHARACTERS = 8 * 1024 * 1024;

/** Bytes are handed out after each row group; the file's end, which only has the place of each group, is kept until the end. */
export async function* toParquet(pages: AsyncIterable<readonly Entry[]>): AsyncGenerator<Uint8Array, void, void> {
  const { ByteWriter, ParquetWriter } = await import('hyparquet-writer');
  const bytes = new ByteWriter();
  const schema = [
    { name: 'root', num_children: COLUMNS.length },
    ...COLUMNS.map(({ name, type, required }) => ({
      name,
      ...ELEMENTS[type],
      repetition_type: required === true ? 'REQUIRED' : 'OPTIONAL',
    })),
  ] as SchemaElement[];
  const writer = new ParquetWriter({ writer: bytes, schema, createdBy: 'mlab gateway' });

  let group: Entry[] = [];
  let characters = 0;
  const write = async (): Promise<void> => {
    const columnData = COLUMNS.map(({ name, read }) => ({ name, data: group.map((entry) => read(entry) ?? null) }));
    await writer.write({ columnData, rowGroupSize: group.length });
    group = [];
    characters = 0;
  };
  for await (const page of pages) {
    for (const entry of page) {
      group.push(entry);
      characters += (entry.data?.length ?? 0) + (entry.prediction?.length ?? 0);
    }
    if (group.length < GROUP_ROWS && characters < GROUP_CHARACTERS) continue;
    await write();
    yield taken(bytes);
  }
  if (group.length > 0) await write();
  await writer.finish();
  yield taken(bytes);
}

/** What has been written so far, and room for what comes. Its place in the file stays counted in `offset`. */
function taken(bytes: {
  buffer: ArrayBuffer;
  view: DataView<ArrayBuffer>;
  index: number;
  getBytes(): Uint8Array<ArrayBuffer>;
}): Uint8Array {
  const written = bytes.getBytes().slice();
  bytes.index = 0;
  return written;
}
