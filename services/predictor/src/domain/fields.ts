import type { ModelInput } from '@mlab/contracts/predictor-models';
import type { Port } from '@mlab/onnx';

/** A field of a row, and where its value goes. */
export interface Field {
  readonly name: string;
  readonly kind: ModelInput['kind'];
  readonly port: Port;
  /** Which of the values of a row of its port it is; 0 of a port that is all its own. */
  readonly place: number;
  /** Of one row: the dimensions of a tensor, -1 where any length is taken. */
  readonly shape: readonly number[];
  readonly mayBeUnknown: boolean;
}

type Described = Pick<{ metadata: ReadonlyMap<string, string>; inputs: readonly Port[] }, 'metadata' | 'inputs'>;

const KINDS: Readonly<Record<string, ModelInput['kind']>> = { number: 'number', boolean: 'boolean', text: 'text', time: 'time' };

/** What a row for a model has: as our own models say, else by the names of MLflow's signature or those of the graph. */
export function fieldsOf({ inputs, metadata }: Described, signature: unknown): readonly Field[] {
  const told = kindsOf(metadata.get('inputs'));
  const [only] = inputs;
  if (inputs.length === 1 && only !== undefined && only.shape?.length === 2) {
    const names = columnNames(signature);
    const [, width] = only.shape;
    if (names !== undefined && names.length > 0 && (width === names.length || (typeof width !== 'number' && !names.includes(only.name)))) {
      return names.map((name, place) => ({ name, kind: kindOfType(only), port: only, place, shape: [], mayBeUnknown: isUnknowable(only) }));
    }
  }
  return inputs.map((port) => fieldOf(port, told));
}

function fieldOf(port: Port, told: ReadonlyMap<string, ModelInput['kind']>): Field {
  const { name, shape } = port;
  const row = shape === undefined ? [-1] : shape.slice(1).map((dim) => (typeof dim === 'number' ? dim : -1));
  const isSingle = row.every((dim) => dim === 1) && shape !== undefined;
  const kind = isSingle ? (told.get(name) ?? kindOfType(port)) : 'tensor';
  return { name, kind, port, place: 0, shape: isSingle ? [] : row, mayBeUnknown: kind !== 'tensor' && isUnknowable(port) };
}

/** NaN is a number that is not known, and the empty text a text. */
const isUnknowable = ({ type }: Port): boolean => type === 'float' || type === 'double' || type === 'string';

function kindOfType({ type }: Port): ModelInput['kind'] {
  if (type === 'string') return 'text';
  if (type === 'bool') return 'boolean';
  return type === 'float' || type === 'double' ? 'number' : 'integer';
}

/** `[{"name": "age", "kind": "number"}]`, as our own models have it in their metadata. */
function kindsOf(json: string | undefined): ReadonlyMap<string, ModelInput['kind']> {
  const kinds = new Map<string, ModelInput['kind']>();
  for (const input of listIn(json)) {
    const { name, kind } = input as { name?: unknown; kind?: unknown };
    const known = typeof kind === 'string' && Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
    if (typeof name === 'string' && known !== undefined) kinds.set(name, known);
  }
  return kinds;
}

function listIn(json: string | undefined): readonly object[] {
  try {
    const value: unknown = JSON.parse(json ?? '[]');
    return Array.isArray(value) ? value.filter((item) => typeof item === 'object' && item !== null) : [];
  } catch {
    return [];
  }
}

/** The names of columns in a signature of MLflow, where it has columns and no tensors. */
function columnNames(signature: unknown): readonly string[] | undefined {
  const inputs: unknown = (signature as { inputs?: unknown } | undefined)?.inputs;
  if (!Array.isArray(inputs)) return undefined;
  const names = inputs.map((input: unknown) => {
    const { name, type } = (input ?? {}) as { name?: unknown; type?: unknown };
    return typeof name === 'string' && type !== 'tensor' ? name : undefined;
  });
  return names.every((name) => name !== undefined) && new Set(names).size === names.length ? names : undefined;
}
