import type { Columns, Port } from '@mlab/onnx';

type Column = Columns[string];

/** What a model is asked with before anybody else does: rows of its files, where they fit, and one that is made up. */
export function* exampleColumns(inputs: readonly Port[], example: unknown): Generator<Columns, void, void> {
  const given = fromExample(inputs, example);
  if (given !== undefined) yield given;
  yield Object.fromEntries(inputs.map((port) => [port.name, madeUp(port)]));
}

/** `input_example.json` as tensors by name, of one value a row or several. */
function fromExample(inputs: readonly Port[], example: unknown): Columns | undefined {
  if (typeof example !== 'object' || example === null || Array.isArray(example)) return undefined;
  const columns: [string, Column][] = [];
  for (const { name, type, shape } of inputs) {
    const rows = Object.hasOwn(example, name) ? (example as Record<string, unknown>)[name] : undefined;
    if (!Array.isArray(rows)) return undefined;
    const values = rows.flat(Number.POSITIVE_INFINITY) as unknown[];
    const data =
      type === 'string' ? values.map((value) => (typeof value === 'string' ? value : '')) : values.map((value) => numberOf(value, type));
    columns.push([name, shape === undefined ? { data, dims: [rows.length, data.length / Math.max(1, rows.length)] } : data]);
  }
  return Object.fromEntries(columns);
}

const numberOf = (value: unknown, type: Port['type']): number => {
  if (typeof value === 'number' || typeof value === 'boolean') return Number(value);
  return type === 'float' || type === 'double' ? Number.NaN : 0;
};

/** One row of zeros or empty texts; where the model does not say how long a dimension is, it is 1. */
function madeUp({ type, shape }: Port): Column {
  const dims = (shape ?? [1]).map((dim, axis) =>
    axis > 0 && typeof dim === 'number' ? dim : axis === 0 && typeof dim === 'number' ? dim : 1,
  );
  const length = dims.reduce((product, dim) => product * dim, 1);
  return { data: type === 'string' ? Array.from({ length }, () => '') : Array.from({ length }, () => 0), dims };
}
