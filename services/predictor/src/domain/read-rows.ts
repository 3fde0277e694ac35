import { AppError, type Issue } from '@mlab/kernel/errors';
import type { Columns } from '@mlab/onnx';
import type { Field } from '#/domain/fields.ts';
import { nearestName } from '#/domain/nearest-name.ts';
import { readTensor } from '#/domain/read-tensor.ts';
import { readTime } from '#/domain/read-time.ts';
import { shown, type Row } from '#/domain/row.ts';

export interface ReadRows {
  readonly columns: Columns;
  /** Values of fields that the model has no input for. */
  readonly ignored: number;
}

/** So many faults are told at once. */
const MOST_ISSUES = 20;

type Values = number[] | string[];

/** One value, or why it is none. */
type Reading = { readonly value: number | string } | { readonly type: string; readonly msg: string };

/** Rows of a model's fields as its columns. What does not fit is refused with its place, what was expected and what came. */
export class RowReader {
  readonly fields: readonly Field[];
  readonly #names: ReadonlySet<string>;
  /** How many values a row of each port has. */
  readonly #widths = new Map<string, number>();

  constructor(fields: readonly Field[]) {
    this.fields = fields;
    this.#names = new Set(fields.map(({ name }) => name));
    for (const { port, place } of fields) this.#widths.set(port.name, Math.max(this.#widths.get(port.name) ?? 1, place + 1));
  }

  read(rows: readonly Row[]): ReadRows {
    const issues: Issue[] = [];
    const columns: Record<string, Columns[string]> = Object.create(null) as Record<string, never>;
    const data = new Map<string, Values>();
    for (const field of this.fields) {
      if (issues.length >= MOST_ISSUES) break;
      const { port, place, kind } = field;
      if (kind === 'tensor') {
        columns[port.name] = readTensor(field, rows, issues);
        continue;
      }
      const width = this.#widths.get(port.name) ?? 1;
      const values = data.get(port.name) ?? startValues(port.type === 'string', rows.length * width);
      data.set(port.name, values);
      for (let row = 0; row < rows.length; row++) {
        const reading = this.#valueOf(field, rows[row] as Row);
        if ('value' in reading) values[row * width + place] = reading.value as never;
        else issues.push({ ...reading, loc: ['body', 'rows', row, field.name], input: own(rows[row] as Row, field.name) ?? null });
        if (issues.length >= MOST_ISSUES) break;
      }
    }
    const ignored = this.#countOthers(rows, issues);
    if (issues.length > 0) throw refusal(issues);
    for (const [name, values] of data)
      columns[name] = this.#isDimensioned(name) ? { data: values, dims: [rows.length, this.#widths.get(name) ?? 1] } : values;
    return { columns, ignored };
  }

  /** Where the model does not say itself how many columns it has. */
  #isDimensioned(name: string): boolean {
    const field = this.fields.find(({ port }) => port.name === name);
    return field?.port.shape?.slice(1).some((dim) => typeof dim !== 'number') === true;
  }

  #valueOf(field: Field, row: Row): Reading {
    const value = own(row, field.name);
    if (value !== undefined && value !== null) return READERS[field.kind](value);
    if (field.mayBeUnknown) return { value: field.port.type === 'string' ? '' : Number.NaN };
    return value === null
      ? { type: `${field.kind}_type`, msg: `Input should be ${PHRASES[field.kind]}; the model takes no unknown value here` }
      : { type: 'missing', msg: 'Field required' };
  }

  /** A field that the model does not know is left out, unless its name is nearly that of an input which is missing. */
  #countOthers(rows: readonly Row[], issues: Issue[]): number {
    let others = 0;
    rows.forEach((row, at) => {
      let known = 0;
      let all = 0;
      for (const name in row) {
        all++;
        if (this.#names.has(name)) {
          known++;
          continue;
        }
        others++;
        if (issues.length >= MOST_ISSUES) continue;
        const missing = this.fields.map((field) => field.name).filter((input) => own(row, input) === undefined);
        const nearest = missing.length === 0 ? undefined : nearestName(name, missing);
        if (nearest !== undefined) {
          const msg = `The model has no input ${name}; is ${nearest} meant?`;
          issues.push({ type: 'unexpected_name', loc: ['body', 'rows', at, name], msg, input: row[name] });
        }
      }
      // All of it would be unknown, and a prediction still come of it.
      if (all > 0 && known === 0 && issues.length === 0) {
        const names = this.fields.map((field) => field.name);
        const msg = `None of its names is an input of the model, which has ${names.slice(0, 10).join(', ')}${names.length > 10 ? ' …' : ''}`;
        issues.push({ type: 'unexpected_names', loc: ['body', 'rows', at], msg, input: row });
      }
    });
    return others;
  }
}

/** A name such as `constructor` or `__proto__` is a name like any other. */
const own = (row: Row, name: string): unknown => (Object.hasOwn(row, name) ? row[name] : undefined);

const startValues = (isText: boolean, length: number): Values =>
  isText ? Array.from({ length }, () => '') : Array.from({ length }, () => 0);

const PHRASES: Readonly<Record<Field['kind'], string>> = {
  number: 'a valid number',
  integer: 'a valid integer',
  boolean: 'a valid boolean',
  text: 'a valid string',
  time: 'a time: RFC 3339 text, or milliseconds since 1970',
  tensor: 'nested lists of numbers',
};

const wrong = (kind: Field['kind'], value: unknown): Reading => ({
  type: `${kind}_type`,
  msg: `Input should be ${PHRASES[kind]}, and is ${shown(value)}`,
});

const READERS: Readonly<Record<Field['kind'], (value: unknown) => Reading>> = {
  number: (value) => (typeof value === 'number' ? { value } : wrong('number', value)),
  integer: (value) => (Number.isSafeInteger(value) ? { value: value as number } : wrong('integer', value)),
  boolean: (value) => (typeof value === 'boolean' || value === 0 || value === 1 ? { value: Number(value) } : wrong('boolean', value)),
  text: (value) => (typeof value === 'string' ? { value } : wrong('text', value)),
  time: (value) => {
    const time = readTime(value);
    return time === undefined ? wrong('time', value) : { value: time };
  },
  tensor: (value) => wrong('tensor', value),
};

/** In the form in which the lab's two services tell what is wrong with a body. */
function refusal(issues: readonly Issue[]): AppError {
  const told = issues.slice(0, MOST_ISSUES);
  return new AppError(
    'invalid',
    `The rows are not what the model asks for: ${told.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; ')}.`,
    {
      issues: told,
    },
  );
}
