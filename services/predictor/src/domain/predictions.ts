import type { RowPrediction } from '@mlab/contracts/predictor-models';
import type { Output, Outputs, Port } from '@mlab/onnx';

export type Class = string | number;

/** Which outputs of a model say what. */
export interface Roles {
  readonly label: string | undefined;
  readonly probabilities: string | undefined;
  readonly value: string | undefined;
  readonly classes: readonly Class[] | undefined;
}

type Described = Pick<{ metadata: ReadonlyMap<string, string>; outputs: readonly Port[] }, 'metadata' | 'outputs'>;

/** As our own models say; of others, one list of classes and one of numbers for each is a classifier, and one number a value. */
export function rolesOf({ metadata, outputs }: Described, ofGraph?: readonly Class[]): Roles {
  const told = jsonIn(metadata.get('outputs')) as { label?: unknown; probabilities?: unknown; value?: unknown } | undefined;
  const classes = outputs.find((port) => port.classes !== undefined)?.classes ?? classesIn(metadata.get('classes')) ?? ofGraph;
  const named = (name: unknown): string | undefined =>
    typeof name === 'string' && outputs.some((port) => port.name === name) ? name : undefined;
  if (told !== undefined) {
    return { label: named(told.label), probabilities: named(told.probabilities), value: named(told.value), classes };
  }
  const [first, second] = outputs;
  const isLabel = first !== undefined && (first.type === 'string' || first.type === 'int64') && widthOf(first) === 1;
  if (outputs.length === 2 && isLabel && isReal(second))
    return { label: first.name, probabilities: second.name, value: undefined, classes };
  if (outputs.length === 1 && first !== undefined && isReal(first) && widthOf(first) === 1) {
    return { label: undefined, probabilities: undefined, value: first.name, classes: undefined };
  }
  return { label: undefined, probabilities: undefined, value: undefined, classes };
}

const isReal = (port: Port | undefined): port is Port => port?.type === 'float' || port?.type === 'double';

/** Of a row; `undefined` where the model does not say. */
function widthOf({ shape }: Port): number | undefined {
  if (shape === undefined) return undefined;
  if (shape[0] === 1 && shape.length === 2) return 1;
  return shape
    .slice(1)
    .reduce<number | undefined>((width, dim) => (width === undefined || typeof dim !== 'number' ? undefined : width * dim), 1);
}

function classesIn(json: string | undefined): readonly Class[] | undefined {
  const value = jsonIn(json);
  return Array.isArray(value) && value.every((one) => typeof one === 'string' || typeof one === 'number') ? value : undefined;
}

function jsonIn(json: string | undefined): unknown {
  try {
    return json === undefined ? undefined : JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** What a model gave, row by row. What is no finite number is null. */
export function predictionsOf(outputs: Outputs, { label, probabilities, value, classes }: Roles, rows: number): RowPrediction[] {
  const ofLabel = outputOf(outputs, label);
  const ofEach = outputOf(outputs, probabilities);
  const ofValue = outputOf(outputs, value);
  const said = ofLabel ?? ofValue;
  const predictions: RowPrediction[] = [];
  if (said === undefined || said.data.length !== rows) {
    for (let row = 0; row < rows; row++) predictions.push(plainly(outputs, row, rows));
    return predictions;
  }
  const width = ofEach === undefined ? 0 : ofEach.data.length / rows;
  const names = Array.from({ length: width }, (_, at) => String(classes?.length === width ? classes[at] : at));
  for (let row = 0; row < rows; row++) {
    const prediction = plain(said.data[row]);
    if (ofEach === undefined) predictions.push({ prediction });
    else {
      const each: Record<string, number | null> = {};
      for (let at = 0; at < width; at++) define(each, names[at] as string, plain(ofEach.data[row * width + at]));
      predictions.push({ prediction, probabilities: each });
    }
  }
  return predictions;
}

/** Also a class may be called `__proto__`. */
function define(record: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') Object.defineProperty(record, name, { value, enumerable: true });
  else record[name] = value;
}

const outputOf = (outputs: Outputs, name: string | undefined): Output | undefined =>
  name !== undefined && Object.hasOwn(outputs, name) ? outputs[name] : undefined;

/** A value that JSON has. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'number' && !Number.isFinite(value) ? null : value;
}

/** All outputs of a row; the first of them is the prediction. */
function plainly(outputs: Outputs, row: number, rows: number): RowPrediction {
  const all: Record<string, unknown> = {};
  for (const [name, output] of Object.entries(outputs)) define(all, name, rowOf(output, row, rows));
  return { prediction: Object.values(all)[0] ?? null, outputs: all };
}

/** A row of an output as nested lists; an output that has no rows is the same for all. */
function rowOf({ type, dims, data }: Output, row: number, rows: number): unknown {
  const isTransposed = dims.length === 2 && dims[0] === 1 && dims[1] === rows && rows !== 1;
  const shape = isTransposed ? [] : dims[0] === rows ? dims.slice(1) : dims;
  const width = shape.reduce((product, dim) => product * dim, 1);
  const from = isTransposed || dims[0] === rows ? row * width : 0;
  const item = (at: number): unknown => (type === 'bool' ? data[at] !== 0 : plain(data[at]));
  if (shape.length === 0 || (shape.length === 1 && shape[0] === 1)) return item(from);
  const nest = (axis: number, at: number, size: number): unknown => {
    if (axis === shape.length) return item(at);
    const step = size / (shape[axis] as number);
    return Array.from({ length: shape[axis] as number }, (_, index) => nest(axis + 1, at + index * step, step));
  };
  return nest(0, from, width);
}
