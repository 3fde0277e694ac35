import { AppError } from '@mlab/kernel/errors';
import { isKind, makeNumbers, product, type Value } from '#/compile/value.ts';
import { NodeCompiler, Workspace } from '#/compile/node-compiler.ts';
import { OPERATORS } from '#/compile/operators/operators.ts';
import { CompiledModel } from '#/compile/compiled-model.ts';
import { Unsupported } from '#/compile/unsupported.ts';
import type { Graph, Model, Node, Tensor, ValueInfo } from '#/model/model.ts';
import { valuesOf } from '#/model/tensor-values.ts';
import type { Port } from '#/scorer/columns.ts';

export type Compilation =
  | { readonly compiled: CompiledModel; readonly reason: undefined }
  /** Why there is no compiled form. */
  | { readonly compiled: undefined; readonly reason: string };

export interface CompileOptions {
  /** Values of the graph to be given instead of its outputs: also such between, for instance the features that trees look at. */
  readonly outputs?: readonly string[];
}

/** Rows are computed in blocks of this many values of inputs, and of this many rows at most. */
const BLOCK_VALUES = 16_384;
const BLOCK_ROWS = 128;

/**
 * Makes a graph of known operators a function. A graph of others is not compiled and a reason is given; one that cannot be computed at all
 * is refused as `invalid`.
 */
export function compile(model: Model, { outputs }: CompileOptions = {}): Compilation {
  try {
    return { compiled: compileGraph(model, outputs ?? model.graph.outputs.map(({ name }) => name)), reason: undefined };
  } catch (error) {
    if (error instanceof Unsupported) return { compiled: undefined, reason: error.message };
    throw error;
  }
}

function compileGraph(model: Model, outputs: readonly string[]): CompiledModel {
  const { graph } = model;
  if (graph.sparseInitializers.length > 0) throw new Unsupported('it has sparse tensors');
  const constants = new Map(graph.initializers.map((tensor) => [tensor.name, tensor]));
  const inputs = graph.inputs.filter(({ name }) => !constants.has(name));
  const widths = inputs.map(widthOf);
  const total = widths.reduce((sum, dims) => sum + product(dims), 0);
  const capacity = Math.max(1, Math.min(BLOCK_ROWS, Math.floor(BLOCK_VALUES / Math.max(1, total))));
  const workspace = new Workspace(capacity);
  const values = new Map<string, Value>();
  inputs.forEach((input, index) => values.set(input.name, inputValue(input, widths[index] ?? [], workspace)));
  const valueOf = (name: string): Value | undefined => {
    const constant = values.has(name) ? undefined : constants.get(name);
    if (constant !== undefined) values.set(name, constantOf(constant));
    return values.get(name);
  };
  for (const node of neededNodes(graph, outputs)) {
    const results = compileNode(node, valueOf, { model, workspace });
    node.outputs.forEach((name, index) => results[index] !== undefined && values.set(name, results[index]));
  }
  const declared = new Map(graph.outputs.map((output) => [output.name, output]));
  return new CompiledModel({
    capacity,
    steps: workspace.steps,
    inputs: inputs.map((input) => ({ port: portOf(input), value: valueOf(input.name) as Value })),
    outputs: outputs.map((name) => outputOf(name, valueOf(name), declared.get(name))),
  });
}

/** Those that outputs depend on, in the order of the graph. */
function neededNodes({ nodes }: Graph, outputs: readonly string[]): readonly Node[] {
  const needed = new Set(outputs);
  const result: Node[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    node.inputs.forEach((name) => needed.add(name));
    result.push(node);
  }
  return result.toReversed();
}

function compileNode(
  node: Node,
  valueOf: (name: string) => Value | undefined,
  { model, workspace }: { model: Model; workspace: Workspace },
): readonly Value[] {
  const name = node.domain === '' ? node.operator : `${node.domain}.${node.operator}`;
  const inputs = node.inputs.map((input) => {
    const value = valueOf(input);
    if (value === undefined && input !== '') throw new Unsupported(`${name} has the input ${input}, which nothing before it gives`);
    return value;
  });
  if (node.operator === 'Constant' && node.domain === '') return [constantNode(node)];
  const operator = OPERATORS.get(name);
  const opset = model.opsets.get(node.domain);
  if (operator === undefined || model.functions.includes(`${node.domain}:${node.operator}`))
    throw new Unsupported(`it has the operator ${name}`);
  if (opset === undefined) throw new AppError('invalid', `The model uses ${name} without a version of its domain.`);
  return operator(new NodeCompiler(node, inputs, { opset, workspace }));
}

function constantNode(node: Node): Value {
  const attribute = node.attributes.get('value');
  if (attribute?.kind !== 'tensor') throw new Unsupported('it has a Constant that is no tensor');
  return constantOf(attribute.value);
}

function constantOf(tensor: Tensor): Value {
  const { type, dims } = tensor;
  if (!isKind(type)) throw new Unsupported(`it has a constant of type ${type}`);
  if (tensor.content.kind === 'external') throw new Unsupported(`its tensor ${tensor.name} is in another file`);
  const values = valuesOf(tensor);
  const shape = { dims, width: values.length, isConstant: true, isTransposed: false, classes: undefined };
  if (type === 'string') return { kind: type, data: values as string[], ...shape };
  const data = makeNumbers(type, values.length);
  for (let at = 0; at < values.length; at++) {
    data[at] = Number(values[at]);
    const given = values[at];
    if (typeof given === 'bigint' && BigInt(data[at] ?? 0) !== given) throw new Unsupported(`it has the integer ${given}`);
  }
  return { kind: type, data, ...shape };
}

/** Dimensions of a row of an input: all have to be known but the first, that of the rows, which must not be. */
function widthOf({ name, type }: ValueInfo): readonly number[] {
  if (type.kind !== 'tensor' || type.shape === undefined) throw new Unsupported(`its input ${name} is no tensor of known dimensions`);
  const [rows, ...dims] = type.shape;
  if (type.shape.length === 0 || typeof rows === 'number') throw new Unsupported(`its input ${name} has no free number of rows`);
  return dims.map((dim) => {
    if (typeof dim !== 'number') throw new Unsupported(`its input ${name} does not say how many columns it has`);
    return dim;
  });
}

function inputValue({ name, type }: ValueInfo, dims: readonly number[], workspace: Workspace): Value {
  const element = type.kind === 'tensor' ? type.element : 'undefined';
  if (!isKind(element)) throw new Unsupported(`its input ${name} is of type ${element}`);
  const shape = { dims, width: product(dims), isConstant: false, isTransposed: false, classes: undefined };
  const length = workspace.reserve(dims);
  if (element === 'string') return { kind: element, data: Array.from({ length }, () => ''), ...shape };
  return { kind: element, data: makeNumbers(element, length), ...shape };
}

const portOf = ({ name, type }: ValueInfo): Port => ({
  name,
  type: type.kind === 'tensor' ? type.element : 'undefined',
  shape: type.kind === 'tensor' ? type.shape : undefined,
  classes: undefined,
});

function outputOf(name: string, value: Value | undefined, declared: ValueInfo | undefined): { port: Port; value: Value } {
  if (value === undefined) throw new AppError('invalid', `The graph has no value ${name}.`);
  if (value.isConstant) throw new Unsupported(`its output ${name} is the same for all rows`);
  const { kind, dims, isTransposed, classes } = value;
  if (declared?.type.kind === 'tensor' && declared.type.element !== kind && declared.type.element !== 'undefined') {
    throw new Unsupported(`its output ${name} is said to be ${declared.type.element} and is ${kind}`);
  }
  return { port: { name, type: kind, shape: isTransposed ? [1, undefined] : [undefined, ...dims], classes }, value };
}
