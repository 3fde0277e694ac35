import type { NodeCompiler } from '#/compile/node-compiler.ts';
import { product, type Value } from '#/compile/value.ts';
import { AppError } from '@mlab/kernel/errors';

/** A column for each category, 1 in that of the value; an unknown one is nowhere 1, or refused where the model says so. */
export function oneHotEncoder(compiler: NodeCompiler): readonly Value[] {
  const x = compiler.rows(0);
  const { attributes } = compiler;
  const strings = attributes.strings('cats_strings');
  const integers = attributes.ints('cats_int64s');
  const categories = new Map<string | number, number>();
  (x.kind === 'string' ? strings : Array.from(integers)).forEach((category, index) => categories.set(category, index));
  const count = x.kind === 'string' ? strings.length : integers.length;
  if (count === 0 || (strings.length > 0 && integers.length > 0)) throw compiler.unsupported(`it has no categories of type ${x.kind}`);
  const refusesUnknown = attributes.int('zeros') === 0;
  const out = compiler.newNumbers('float', [...x.dims, count]);
  const { data, width } = x;
  compiler.step((rows) => {
    out.data.fill(0, 0, rows * width * count);
    for (let at = 0; at < rows * width; at++) {
      const value = data[at] ?? 0;
      const index = categories.get(typeof value === 'number' ? Math.trunc(value) : value);
      if (index !== undefined) out.data[at * count + index] = 1;
      else if (refusesUnknown) throw new AppError('invalid', `The model knows no category ${JSON.stringify(value)}.`);
    }
  });
  return [out];
}

/** Another value for each that is known, and one for all others. */
export function labelEncoder(compiler: NodeCompiler): readonly Value[] {
  const x = compiler.rows(0);
  if (x.kind !== 'string' && x.kind !== 'float' && x.kind !== 'int64') throw compiler.unsupported(`its input is of type ${x.kind}`);
  const table = compiler.opset < 2 ? classTable(compiler, x.kind) : keyTable(compiler, x.kind);
  const { map, values, fallback, to } = table;
  const { data } = x;
  const width = product(x.dims);
  // Before version 4 NaN is no key, not even where it is one.
  if (x.kind === 'float' && compiler.opset < 4) map.delete(Number.NaN);
  if (to === 'string') {
    const out = compiler.newStrings(x.dims);
    compiler.step((rows) => {
      for (let at = 0; at < rows * width; at++) out.data[at] = String(values[map.get(data[at] ?? 0) ?? -1] ?? fallback);
    });
    return [out];
  }
  const out = compiler.newNumbers(to, x.dims);
  compiler.step((rows) => {
    for (let at = 0; at < rows * width; at++) out.data[at] = Number(values[map.get(data[at] ?? 0) ?? -1] ?? fallback);
  });
  return [out];
}

interface Table {
  readonly map: Map<string | number, number>;
  readonly values: ArrayLike<string | number>;
  readonly fallback: string | number;
  readonly to: 'string' | 'float' | 'int64';
}

/** Version 1 has one list of strings, and each string's place in it. */
function classTable({ attributes }: NodeCompiler, from: 'string' | 'float' | 'int64'): Table {
  const classes = attributes.strings('classes_strings');
  const map = new Map<string | number, number>(classes.map((label, index) => [from === 'string' ? label : index, index]));
  return from === 'string'
    ? { map, values: classes.map((_, index) => index), fallback: attributes.int('default_int64') ?? -1, to: 'int64' }
    : { map, values: classes, fallback: attributes.string('default_string') ?? '_Unused', to: 'string' };
}

function keyTable(compiler: NodeCompiler, from: 'string' | 'float' | 'int64'): Table {
  const { attributes } = compiler;
  const lists = {
    string: (name: string): ArrayLike<string | number> => attributes.strings(name),
    float: (name: string): ArrayLike<string | number> => attributes.floats(name),
    int64: (name: string): ArrayLike<string | number> => attributes.ints(name),
  };
  const keys = lists[from](`keys_${from}s`);
  const to = (['string', 'float', 'int64'] as const).find((kind) => attributes.has(`values_${kind}s`));
  if (to === undefined || keys.length === 0) throw compiler.unsupported('its keys or values are not lists of strings, floats or integers');
  const values = lists[to](`values_${to}s`);
  if (values.length !== keys.length) throw attributes.refusal(`it has ${keys.length} keys and ${values.length} values`);
  if (attributes.has('default_tensor')) throw compiler.unsupported('its default is a tensor');
  const fallbacks = {
    string: attributes.string('default_string') ?? '_Unused',
    float: attributes.float('default_float') ?? -0,
    int64: attributes.int('default_int64') ?? -1,
  };
  const map = new Map<string | number, number>();
  // Of keys that are there twice the first counts.
  for (let index = 0; index < keys.length; index++) if (!map.has(keys[index] ?? '')) map.set(keys[index] ?? '', index);
  return { map, values, fallback: fallbacks[to], to };
}
