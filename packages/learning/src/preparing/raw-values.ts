import { AppError } from '@mlab/kernel/errors';
import { ofNumbers } from '#/preparing/arithmetic.ts';
import { calendar } from '#/preparing/calendar.ts';
import type { NumberFeature } from '#/preparing/state.ts';
import { symmetricLog, yeoJohnson } from '#/preparing/transforms.ts';
import { sharedFloats, type TableColumn } from '#/table.ts';

type Source = Pick<NumberFeature, 'source' | 'words' | 'transform' | 'lambda'>;

/** A number feature of a column as the first nodes of the graph give it: not yet clipped, imputed or scaled; float32. */
export function rawValues(column: TableColumn, feature: Source): Float32Array {
  if (column.kind === 'text') return placesOf(column.codes, column.words, feature.words ?? []);
  const { values } = column;
  const { source, transform, lambda = 1 } = feature;
  const result = sharedFloats(values.length);
  if (source !== 'value' && source !== 'place') {
    const partsOf = calendar(ofNumbers);
    const parts = [source];
    for (let row = 0; row < result.length; row++) result[row] = partsOf(values[row] as number, parts)[0] as number;
  } else if (transform === 'none') {
    result.set(values);
  } else {
    // Into float32 first, which is what the graph's input is.
    result.set(values);
    const compute = (x: number): number =>
      transform === 'log' ? symmetricLog(ofNumbers, x) : yeoJohnson(ofNumbers, x, [lambda, 2 - lambda]);
    for (let row = 0; row < result.length; row++) result[row] = compute(result[row] as number);
  }
  return result;
}

function placesOf(codes: Int32Array, words: readonly string[], order: readonly string[]): Float32Array {
  const places = new Map(order.map((word, place) => [word, place]));
  const ofWords = Float32Array.from(words, (word) => places.get(word) ?? Number.NaN);
  const result = sharedFloats(codes.length);
  for (let row = 0; row < result.length; row++) result[row] = ofWords[codes[row] as number] ?? Number.NaN;
  return result;
}

/** The column that an input is made from. One that is not of the kind that the model learnt from is refused. */
export function columnFor(
  columns: ReadonlyMap<string, TableColumn>,
  { name, kind }: { name: string; kind: TableColumn['kind'] },
): TableColumn {
  const column = columns.get(name);
  if (column === undefined) throw new AppError('invalid', `The table has no column "${name}", which the model asks for.`);
  const isSame = column.kind === kind || (isNumeric(column.kind) && isNumeric(kind));
  if (!isSame) throw new AppError('invalid', `The column "${name}" is ${column.kind}, and the model asks for ${kind}.`);
  return column;
}

const isNumeric = (kind: TableColumn['kind']): boolean => kind === 'number' || kind === 'boolean';
