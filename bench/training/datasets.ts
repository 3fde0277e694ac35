/** The data that all learn from: real ones out of scikit-learn's package and vega-datasets, and made ones. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom, type Matrix, type MatrixColumn, type Task } from '@mlab/learning';
import { repositoryFolder } from '../../apps/cli/src/home.ts';
import type { Reference } from './reference.ts';

export interface Dataset {
  readonly name: string;
  readonly from: string;
  readonly task: Task;
  readonly matrix: Matrix;
  readonly target: Float64Array;
}

const regression: Task = { kind: 'regression' };
const classes = (count: number): Task => ({
  kind: count === 2 ? 'binary' : 'multiclass',
  classes: Array.from({ length: count }, (_, label) => label),
});
const number = (name: string, values: Iterable<number>): MatrixColumn => ({ kind: 'number', name, values: Float32Array.from(values) });

/** Those of scikit-learn are read by it. */
export async function realData(reference: Reference, folder: string): Promise<Dataset[]> {
  const bundled = async (name: string, count: number): Promise<Dataset> => {
    const files = { x: join(folder, `${name}.x`), y: join(folder, `${name}.y`) };
    const size = await reference.ask<{ rows: number; columns: number }>({ do: 'bundled', name: `load_${name}`, ...files });
    const x = floatsOf(files.x);
    const columns = Array.from({ length: size.columns }, (_, index) =>
      number(`x${index}`, x.subarray(index * size.rows, (index + 1) * size.rows)),
    );
    const task = count === 0 ? regression : classes(count);
    return { name, from: 'scikit-learn', task, matrix: { rows: size.rows, columns }, target: doublesOf(files.y) };
  };
  const known = [await bundled('breast_cancer', 2), await bundled('diabetes', 0), await bundled('wine', 3), await bundled('digits', 10)];
  return [...known, penguins(), flights()];
}

type Row = Readonly<Record<string, string | number | null>>;
/** The package exports none of its files. */
const vega = (file: string): Row[] =>
  JSON.parse(readFileSync(join(repositoryFolder, 'node_modules', 'vega-datasets', 'data', file), 'utf8')) as Row[];

function penguins(): Dataset {
  const rows = vega('penguins.json');
  const species = ['Adelie', 'Chinstrap', 'Gentoo'];
  const columns = [
    category('Island', rows),
    ...['Beak Length (mm)', 'Beak Depth (mm)', 'Flipper Length (mm)', 'Body Mass (g)'].map((name) => numbers(name, rows)),
    category('Sex', rows),
  ];
  const target = Float64Array.from(rows, (row) => species.indexOf(String(row['Species'])));
  return { name: 'penguins', from: 'vega-datasets', task: classes(3), matrix: { rows: rows.length, columns }, target };
}

/** How late 20,000 flights were. */
function flights(): Dataset {
  const rows = vega('flights-20k.json');
  const dates = rows.map((row) => new Date(`${String(row['date']).replaceAll('/', '-').replace(' ', 'T')}Z`));
  const columns = [
    number(
      'hour',
      dates.map((date) => date.getUTCHours() + date.getUTCMinutes() / 60),
    ),
    number(
      'day',
      dates.map((date) => date.getTime() / 86_400_000 - 11_323),
    ),
    number(
      'weekday',
      dates.map((date) => date.getUTCDay()),
    ),
    numbers('distance', rows),
    category('origin', rows),
    category('destination', rows),
  ];
  const target = Float64Array.from(rows, (row) => Number(row['delay']));
  return { name: 'flights', from: 'vega-datasets', task: regression, matrix: { rows: rows.length, columns }, target };
}

const numbers = (name: string, rows: readonly Row[]): MatrixColumn =>
  number(
    name,
    rows.map((row) => (typeof row[name] === 'number' ? row[name] : Number.NaN)),
  );

function category(name: string, rows: readonly Row[]): MatrixColumn {
  const texts = rows.map((row) => (typeof row[name] === 'string' ? row[name] : ''));
  const categories = [...new Set(texts.filter((text) => text !== ''))].toSorted();
  return { kind: 'category', name, categories, codes: Int32Array.from(texts, (text) => categories.indexOf(text)) };
}

/** Twenty normal columns, of which some tell something of two classes: alone, in pairs, or not at all. Half as many rows more are for judging. */
export function madeData(rows: number): Dataset {
  const random = seededRandom(20);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const count = Math.round(rows * 1.5);
  const columns = Array.from({ length: 20 }, (_, index) => number(`x${index}`, Array.from({ length: count }, normal)));
  const at = (column: number, row: number): number => {
    const { kind, ...own } = columns[column] as Extract<MatrixColumn, { kind: 'number' }>;
    return kind === 'number' ? (own.values[row] as number) : 0;
  };
  const target = Float64Array.from({ length: count }, (_, row) => {
    const alone = 1.2 * at(0, row) - 0.8 * at(1, row) + Math.sin(2 * at(4, row)) + 0.3 * at(7, row) ** 2 - 0.3;
    const logit = alone + at(2, row) * at(3, row) + 0.5 * Math.abs(at(5, row)) * at(6, row);
    return Number(random() < 1 / (1 + Math.exp(-logit)));
  });
  return { name: `made, ${rows} x 20`, from: 'made', task: classes(2), matrix: { rows: count, columns }, target };
}

/** Hands data to the other side. */
export async function share({ name, matrix, target }: Dataset, reference: Reference, folder: string): Promise<void> {
  const files = { x: join(folder, 'shared.x'), y: join(folder, 'shared.y') };
  const all = new Float32Array(matrix.columns.length * matrix.rows);
  const categories: number[] = [];
  matrix.columns.forEach((column, index) => {
    if (column.kind === 'category') categories.push(index);
    const values = column.kind === 'number' ? column.values : Float32Array.from(column.codes, (code) => (code < 0 ? Number.NaN : code));
    all.set(values, index * matrix.rows);
  });
  writeFileSync(files.x, all);
  writeFileSync(files.y, target);
  await reference.ask({ do: 'load', name, rows: matrix.rows, columns: matrix.columns.length, categories, ...files });
}

export function doublesOf(file: string): Float64Array {
  const { buffer, byteOffset, byteLength } = Uint8Array.from(readFileSync(file));
  return new Float64Array(buffer, byteOffset, byteLength / 8);
}

function floatsOf(file: string): Float32Array {
  const { buffer, byteOffset, byteLength } = Uint8Array.from(readFileSync(file));
  return new Float32Array(buffer, byteOffset, byteLength / 4);
}
