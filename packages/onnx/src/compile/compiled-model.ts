import { AppError } from '@mlab/kernel/errors';
import { drain, newOutput } from '#/compile/drain.ts';
import { fill } from '#/compile/fill.ts';
import type { Step } from '#/compile/node-compiler.ts';
import type { Value } from '#/compile/value.ts';
import { givenFor, type Columns, type Given, type Output, type Outputs, type Port } from '#/scorer/columns.ts';

interface Place {
  readonly port: Port;
  readonly value: Value;
}

interface Parts {
  /** How many rows the buffers hold. */
  readonly capacity: number;
  readonly steps: readonly Step[];
  readonly inputs: readonly Place[];
  readonly outputs: readonly Place[];
}

/** A graph as a function. It computes at once, in buffers that it made when it was compiled. */
export class CompiledModel {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.inputs = parts.inputs.map(({ port }) => port);
    this.outputs = parts.outputs.map(({ port }) => port);
  }

  /**
   * The outputs for all rows of the columns, which have to be of equally many rows. With `into`, the outputs of an earlier call for as many
   * rows, those are overwritten and nothing is allocated.
   */
  score(columns: Columns, into?: Outputs): Outputs {
    const { capacity, steps, inputs, outputs } = this.#parts;
    const given = inputs.map(({ port, value }) => this.#given(columns, port, value));
    const rows = this.#rows(given);
    const results = outputs.map(({ port, value }) => reusable(into?.[port.name], value, rows) ?? newResult(value, rows));
    for (let start = 0; start < rows; start += capacity) {
      const count = Math.min(capacity, rows - start);
      for (let index = 0; index < inputs.length; index++) {
        const { port, value } = inputs[index] as Place;
        fill(port.name, value, (given[index] as Given).data, start * value.width, count * value.width);
      }
      for (const step of steps) step(count);
      for (let index = 0; index < outputs.length; index++) {
        const { value } = outputs[index] as Place;
        drain(value, (results[index] as Output).data, start * value.width, count * value.width);
      }
    }
    return into !== undefined && results.every((result, index) => result === into[outputs[index]?.port.name ?? ''])
      ? into
      : Object.fromEntries(results.map((result, index) => [outputs[index]?.port.name ?? '', result]));
  }

  #given(columns: Columns, { name, type }: Port, { dims }: Value): Given {
    const given = givenFor(columns, name);
    if (given === undefined) throw new AppError('invalid', `The model asks for ${name} (${type}), and it is not there.`);
    if (given.dims !== undefined) {
      const [, ...rest] = given.dims;
      const fits = given.dims.length === dims.length + 1 && rest.every((dim, index) => dim === dims[index]);
      if (!fits) throw new AppError('invalid', `${name} has to be of ${shapeOf(dims)}, and is of ${given.dims.join(' × ')}.`);
    }
    return given;
  }

  /** As many as all inputs have. */
  #rows(given: readonly Given[]): number {
    let rows: number | undefined;
    let first = '';
    for (const [index, { data, dims }] of given.entries()) {
      const { port, value } = this.#parts.inputs[index] as Place;
      const own = dims?.[0] ?? data.length / (value.width === 0 ? 1 : value.width);
      if (data.length !== own * value.width || !Number.isInteger(own)) {
        throw new AppError('invalid', `${port.name} has to be of ${shapeOf(value.dims)}, and has ${data.length} values.`);
      }
      if (rows !== undefined && rows !== own) throw new AppError('invalid', `${first} has ${rows} rows, and ${port.name} has ${own}.`);
      if (rows === undefined) first = port.name;
      rows = own;
    }
    return rows ?? 0;
  }
}

const shapeOf = (dims: readonly number[]): string => ['rows', ...dims].join(' × ');

const newResult = (value: Value, rows: number): Output => ({
  type: value.kind,
  dims: value.isTransposed ? [1, rows] : [rows, ...value.dims],
  data: newOutput(value, rows * value.width),
});

const reusable = (output: Output | undefined, value: Value, rows: number): Output | undefined =>
  output !== undefined && output.type === value.kind && output.data.length === rows * value.width ? output : undefined;
