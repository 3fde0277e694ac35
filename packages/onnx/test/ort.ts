import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Column, Columns, Outputs, Port } from '#/scorer/columns.ts';
import { ortNameOf, typeOfOrtName } from '#/scorer/ort-types.ts';

/** ONNX Runtime itself, on one thread, so that it sums in the order of the trees: the reference of these tests. */
export const openReference = (bytes: Uint8Array): Promise<InferenceSession> =>
  InferenceSession.create(bytes, { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 });

const ARRAYS = { float: Float32Array, double: Float64Array, int32: Int32Array } as const;

function typed(type: string, column: Column): Float32Array {
  if (type === 'int64')
    return BigInt64Array.from(Array.from<unknown, bigint>(column, (value) => BigInt(value as number))) as unknown as Float32Array;
  if (type === 'bool') return Uint8Array.from(Array.from<unknown, number>(column, Number)) as unknown as Float32Array;
  if (type === 'string') return column as unknown as Float32Array;
  return ARRAYS[type as 'float'].from(Array.from<unknown, number>(column, Number));
}

/** Columns of `rows` rows as ONNX Runtime takes them. */
export function referenceFeeds(inputs: readonly Port[], columns: Columns, rows: number): Record<string, Tensor> {
  const feeds = inputs.map(({ name, type, shape }) => {
    const column = columns[name] as Column;
    const dims = [rows, ...(shape ?? []).slice(1).map(Number)];
    return [name, new Tensor(ortNameOf(type) as 'float32', typed(type, column), dims)] as const;
  });
  return Object.fromEntries(feeds);
}

/** What ONNX Runtime answers for columns of `rows` rows. */
export async function askReference(session: InferenceSession, inputs: readonly Port[], columns: Columns, rows: number): Promise<Outputs> {
  const results = await session.run(referenceFeeds(inputs, columns, rows));
  return Object.fromEntries(
    Object.entries(results).map(([name, { type, dims, data }]) => [name, { type: typeOfOrtName(type), dims: [...dims], data }]),
  );
}
