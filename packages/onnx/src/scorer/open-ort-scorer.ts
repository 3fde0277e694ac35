import { AppError } from '@mlab/kernel/errors';
import { fill } from '#/compile/fill.ts';
import { isKind, makeNumbers, type Value } from '#/compile/value.ts';
import { newOutput, drain } from '#/compile/drain.ts';
import type { Model, Node } from '#/model/model.ts';
import type { TensorValues } from '#/model/tensor-values.ts';
import { givenFor, type Columns, type Given, type Outputs, type Port } from '#/scorer/columns.ts';
import { OrtQueue } from '#/scorer/ort-queue.ts';
import { ortNameOf, type Carried, type WorkerSettings } from '#/scorer/ort-types.ts';
import type { OrtWorker } from '#/scorer/ort-worker-side.ts';
import type { Scorer, ScorerOptions } from '#/scorer/scorer.ts';
import { withoutZipMap } from '#/scorer/without-zip-map.ts';

export async function openOrtScorer(
  bytes: Uint8Array,
  model: Model,
  options: ScorerOptions & { readonly reason: string },
): Promise<Scorer> {
  const { graph } = model;
  const constants = new Set([...graph.initializers.map(({ name }) => name), ...graph.sparseInitializers]);
  const inputs = graph.inputs.filter(({ name }) => !constants.has(name)).map(portOf);
  const maps = new Map(graph.nodes.filter(({ operator }) => operator === 'ZipMap').map((node) => [node.outputs[0], node]));
  const outputs = graph.outputs.map((output) => {
    const map = maps.get(output.name);
    return map === undefined ? portOf(output) : { name: output.name, type: 'float' as const, shape: undefined, classes: classesOf(map) };
  });
  const settings = {
    bytes: withoutZipMap(bytes, model),
    threads: options.threads ?? 1,
    loadTimeoutMs: options.loadTimeoutMs ?? 60_000,
    memoryMb: options.memoryMb,
    maxOutputBytes: options.maxOutputBytes,
  };
  const start = await starterOf(options.isolation ?? 'thread', settings);
  // Only where no dimension of rows is fixed may rows of several questions be computed together.
  const hasFreeRows = [...inputs, ...outputs].every(({ shape }) => typeof shape?.[0] !== 'number');
  const limits = {
    timeoutMs: options.timeoutMs ?? 30_000,
    maxWaiting: options.maxWaiting ?? 1024,
    maxBatchRows: hasFreeRows ? (options.maxBatchRows ?? 1024) : 1,
  };
  const queue = new OrtQueue({ ...limits, start, onLost: options.onLost ?? (() => {}) }, await start());
  return {
    backend: 'onnxruntime',
    reason: options.reason,
    inputs,
    outputs,
    metadata: model.metadata,
    compiled: undefined,
    model,
    memoryBytes: settings.bytes.length * ORT_PER_BYTE + ORT_BYTES,
    async score(columns, { signal } = {}) {
      const results = await queue.ask(
        inputs.map((port) => carried(columns, port)),
        signal,
      );
      return Object.fromEntries(results.map(({ name, type, dims, data }) => [name, { type, dims, data }])) satisfies Outputs;
    },
    [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose](),
  };
}

/** What a worker has for itself, as it was measured: for each byte of the model, and for Node and the library (30 MB, and a part of what all share). */
const ORT_PER_BYTE = 3;
const ORT_BYTES = 50_331_648;

async function starterOf(isolation: 'thread' | 'process', settings: WorkerSettings): Promise<() => Promise<OrtWorker>> {
  if (isolation === 'process') {
    const { OrtProcess } = await import('#/scorer/ort-process.ts');
    return () => OrtProcess.start(settings);
  }
  const { OrtThread } = await import('#/scorer/ort-thread.ts');
  return () => OrtThread.start(settings);
}

function portOf({ name, type }: Model['graph']['inputs'][number]): Port {
  if (type.kind !== 'tensor' || ortNameOf(type.element) === undefined) {
    throw new AppError(
      'invalid',
      `${name} is a ${type.kind === 'tensor' ? type.element : type.kind}, which the model cannot be asked for or with.`,
    );
  }
  return { name, type: type.element, shape: type.shape, classes: undefined };
}

function classesOf({ attributes }: Node): readonly string[] | readonly number[] {
  const strings = attributes.get('classlabels_strings');
  const integers = attributes.get('classlabels_int64s');
  if (strings?.kind === 'strings' && strings.value.length > 0) return strings.value;
  return integers?.kind === 'ints' ? Array.from(integers.value, Number) : [];
}

function carried(columns: Columns, { name, type, shape }: Port): Carried {
  const given = givenFor(columns, name);
  if (given === undefined) throw new AppError('invalid', `The model asks for ${name} (${type}), and it is not there.`);
  return { name, type, dims: dimsOf(name, shape, given), data: typed(name, type, given) };
}

/** As given; else what the model says, with the one number that it does not say. */
function dimsOf(name: string, shape: Port['shape'], { data, dims }: Given): readonly number[] {
  const free = shape?.findIndex((dim) => typeof dim !== 'number') ?? -1;
  const known = shape?.filter((dim) => typeof dim === 'number').reduce((product, dim) => product * dim, 1) ?? 1;
  const guess = shape?.map((dim, axis) => (axis === free ? data.length / known : dim));
  const numbers = dims ?? guess;
  if (numbers?.every((dim) => typeof dim === 'number') !== true) {
    throw new AppError('invalid', `The model does not say what dimensions ${name} has: give them with its values.`);
  }
  if (numbers.reduce((product, dim) => product * dim, 1) !== data.length || !numbers.every((dim) => Number.isInteger(dim) && dim >= 0)) {
    throw new AppError('invalid', `${name} has ${data.length} values, which do not fit into ${numbers.join(' × ')}.`);
  }
  return numbers;
}

/** In the array that ONNX Runtime wants for the type. */
function typed(name: string, type: Port['type'], { data }: Given): TensorValues {
  const { length } = data;
  if (!isKind(type)) {
    if (ArrayBuffer.isView(data)) return data;
    throw new AppError('invalid', `${name} is of type ${type} and has to come as a typed array.`);
  }
  const shape = { dims: [], width: length, isConstant: false, isTransposed: false, classes: undefined };
  const value: Value = type === 'string' ? { kind: type, data: [], ...shape } : { kind: type, data: makeNumbers(type, length), ...shape };
  if (data instanceof BigInt64Array && type === 'int64') return data;
  fill(name, value, data, 0, length);
  const result = newOutput(value, length);
  drain(value, result, 0, length);
  return result;
}
