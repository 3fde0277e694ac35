import { Attributes } from '#/model/attributes.ts';
import type { Node } from '#/model/model.ts';
import { makeNumbers, product, type NumberKind, type NumberValue, type StringValue, type Value } from '#/compile/value.ts';
import { Unsupported } from '#/compile/unsupported.ts';

/** Computes a node for the first `rows` rows of its inputs' buffers. */
export type Step = (rows: number) => void;

/** What all nodes of a graph that is being compiled have in common. */
export class Workspace {
  readonly steps: Step[] = [];
  /** How many rows the buffers hold. */
  readonly capacity: number;
  #left = MAX_VALUES;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** How many values a buffer for rows of these dimensions has. */
  reserve(dims: readonly number[]): number {
    const count = product(dims) * this.capacity;
    this.#left -= count;
    if (!(this.#left >= 0)) throw new Unsupported(`the values between its nodes are more than ${MAX_VALUES}`);
    return count;
  }
}

/** A graph can be written in a few bytes whose values would fill any memory. */
const MAX_VALUES = 2 ** 26;

/** What an operator's compiler is given: the node, its inputs, and ways to say what is to be done. */
export class NodeCompiler {
  readonly node: Node;
  readonly attributes: Attributes;
  readonly inputs: readonly (Value | undefined)[];
  readonly opset: number;
  readonly #workspace: Workspace;

  constructor(node: Node, inputs: readonly (Value | undefined)[], { opset, workspace }: { opset: number; workspace: Workspace }) {
    this.node = node;
    this.attributes = new Attributes(node);
    this.inputs = inputs;
    this.opset = opset;
    this.#workspace = workspace;
  }

  /** How many rows the buffers hold. */
  get capacity(): number {
    return this.#workspace.capacity;
  }

  input(index: number): Value {
    const value = this.inputs[index];
    if (value === undefined) throw this.unsupported(`it has no input ${index}`);
    return value;
  }

  /** An input that has one row of numbers for each row. */
  numbers(index: number): NumberValue {
    const value = this.rows(index);
    if (value.kind === 'string') throw this.unsupported('its input is made of strings');
    return value;
  }

  /** An input that has one row for each row, the rows being the first dimension. */
  rows(index: number): Value {
    const value = this.input(index);
    if (value.isConstant || value.isTransposed) throw this.unsupported('its input has no rows as first dimension');
    return value;
  }

  /** An input that has the same numbers for all rows. */
  constant(index: number): NumberValue {
    const value = this.input(index);
    if (!value.isConstant || value.kind === 'string') throw this.unsupported(`its input ${index} is not constant`);
    return value;
  }

  newNumbers(kind: NumberKind, dims: readonly number[], isTransposed = false): NumberValue {
    const data = makeNumbers(kind, this.#workspace.reserve(dims));
    return { kind, dims, width: product(dims), data, isConstant: false, isTransposed, classes: undefined };
  }

  newStrings(dims: readonly number[], isTransposed = false): StringValue {
    const data = Array.from({ length: this.#workspace.reserve(dims) }, () => '');
    return { kind: 'string', dims, width: product(dims), data, isConstant: false, isTransposed, classes: undefined };
  }

  step(step: Step): void {
    this.#workspace.steps.push(step);
  }

  /** An input that has the same integers for all rows. */
  integers(index: number): readonly number[] {
    const value = this.constant(index);
    if (value.kind !== 'int64' && value.kind !== 'int32') throw this.unsupported(`its input ${index} is made of ${value.kind}`);
    return Array.from(value.data);
  }

  unsupported(why: string): Unsupported {
    const { domain, operator, name } = this.node;
    return new Unsupported(`${domain === '' ? '' : `${domain}.`}${operator}${name === '' ? '' : ` (${name})`}: ${why}`);
  }
}

/** Says how a node's outputs come from its inputs, by steps. */
export type OperatorCompiler = (compiler: NodeCompiler) => readonly Value[];
