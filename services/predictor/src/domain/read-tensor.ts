import type { Issue } from '@mlab/kernel/errors';
import type { Columns } from '@mlab/onnx';
import type { Field } from '#/domain/fields.ts';
import { shown, type Row } from '#/domain/row.ts';

interface Place {
  readonly loc: readonly (string | number)[];
  readonly issues: Issue[];
}

/** Nested lists, one for each row, all of the same dimensions: those that the model says, where it does. */
export function readTensor(field: Field, rows: readonly Row[], issues: Issue[]): Columns[string] {
  const { name, port } = field;
  const values: unknown[] = [];
  let shape = field.shape;
  rows.forEach((row, at) => {
    const place = { loc: ['body', 'rows', at, name], issues };
    if (!Object.hasOwn(row, name)) {
      issues.push({ type: 'missing', loc: place.loc, msg: 'Field required', input: null });
      return;
    }
    const dims: number[] = [];
    const given = row[name];
    const before = issues.length;
    flatten(given, shape, { isText: port.type === 'string', isBoolean: port.type === 'bool', place, dims, into: values, depth: 0 });
    // What the model leaves open, the first row decides for all.
    if (at === 0 && issues.length === before) shape = dims;
  });
  if (shape.some((dim) => dim < 0)) return [];
  const data = port.type === 'string' ? (values as string[]) : (values as number[]);
  return { data, dims: [rows.length, ...shape] };
}

interface Flattening {
  readonly isText: boolean;
  readonly isBoolean: boolean;
  readonly place: Place;
  readonly dims: number[];
  readonly into: unknown[];
  readonly depth: number;
}

function flatten(value: unknown, shape: readonly number[], { isText, isBoolean, place, dims, into, depth }: Flattening): void {
  const { loc, issues } = place;
  if (depth === shape.length) {
    const fits = isText
      ? typeof value === 'string'
      : typeof value === 'number' || value === null || (isBoolean && typeof value === 'boolean');
    if (!fits) {
      const expected = isText ? 'a valid string' : 'a valid number';
      issues.push({ type: 'tensor_type', loc, msg: `Input should be ${expected}, and is ${shown(value)}`, input: value });
    } else into.push(value === null ? Number.NaN : isText ? value : Number(value));
    return;
  }
  const length = shape[depth] as number;
  if (!Array.isArray(value) || (length >= 0 && value.length !== length)) {
    const expected = length < 0 ? 'a list' : `a list of ${length}`;
    issues.push({ type: 'tensor_shape', loc, msg: `Input should be ${expected}, and is ${shown(value)}`, input: value });
    return;
  }
  dims[depth] ??= value.length;
  if (dims[depth] !== value.length) {
    issues.push({
      type: 'tensor_shape',
      loc,
      msg: `Input should be a list of ${dims[depth]} as those beside it, and is ${shown(value)}`,
      input: value,
    });
    return;
  }
  for (const [at, item] of value.entries()) {
    if (issues.length >= 20) return;
    flatten(item, shape, { isText, isBoolean, place: { loc: [...loc, at], issues }, dims, into, depth: depth + 1 });
  }
}
