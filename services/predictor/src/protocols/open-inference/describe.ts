import type { Port } from '@mlab/onnx';
import { datatypeOf } from '@mlab/open-inference';
import type { Models, ServedModel } from '#/domain/served-model.ts';
import type { VersionStatistics } from './statistics.ts';

/** Triton's clients go by these words. */
const EXTENSIONS = ['classification', 'model_configuration', 'model_repository', 'parameters', 'statistics'];

/** `further`: what only one way of asking has. */
export const serverMetadata = (further: readonly string[]) => ({
  name: 'mlab',
  version: '0.1.0',
  extensions: [...EXTENSIONS, ...further].toSorted(),
});

export const versionsInMemory = (models: Models, name: string): readonly number[] =>
  models.list().flatMap(({ model, version, state }) => (model === name && state === 'ready' ? [version] : []));

/** Triton's name of what computes a model: `onnxruntime_onnx`, and of our own compiler `onnx_mlab`. */
const platformOf = ({ backend }: ServedModel): string => (backend === 'compiled' ? 'onnx_mlab' : 'onnxruntime_onnx');

/** -1 wherever a dimension may be any, also where the model does not say how many it has. */
const shapeOf = ({ shape }: Port): readonly number[] =>
  (shape ?? [-1]).map((dimension) => (typeof dimension === 'number' ? dimension : -1));

const tensorMetadata = (port: Port) => ({
  name: port.name,
  datatype: datatypeOf(port.type) ?? port.type.toUpperCase(),
  shape: shapeOf(port),
});

/** Metadata of a version, and which versions of its model are in memory. Which of them it is stands among the properties. */
export const metadataOf = (model: ServedModel, versions: readonly number[]) => ({
  name: model.model,
  versions: [...new Set([...versions, model.version])].toSorted((a, b) => a - b).map(String),
  platform: platformOf(model),
  inputs: model.inputs.map(tensorMetadata),
  outputs: model.outputs.map(tensorMetadata),
  properties: { version: String(model.version), ...(model.sha256 === '' ? {} : { sha256: model.sha256 }) },
});

const tensorConfig = (port: Port) => {
  const datatype = datatypeOf(port.type);
  return {
    name: port.name,
    data_type: datatype === 'BYTES' ? 'TYPE_STRING' : `TYPE_${datatype ?? port.type.toUpperCase()}`,
    dims: shapeOf(port),
  };
};

/**
 * As Triton tells its configuration of a model. `max_batch_size` is 0: the dimension of the rows stands in `dims`, where it is -1.
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_model_configuration.md
 */
export const configOf = (model: ServedModel) => ({
  name: model.model,
  platform: platformOf(model),
  backend: model.backend === 'compiled' ? 'mlab' : 'onnxruntime',
  version_policy: { specific: { versions: [model.version] } },
  max_batch_size: 0,
  input: model.inputs.map((port) => ({
    ...tensorConfig(port),
    format: 'FORMAT_NONE',
    is_shape_tensor: false,
    allow_ragged_batch: false,
    optional: false,
  })),
  output: model.outputs.map((port) => ({ ...tensorConfig(port), label_filename: '', is_shape_tensor: false })),
  instance_group: [{ name: model.model, kind: 'KIND_CPU', count: 1, gpus: [] }],
  default_model_filename: 'model.onnx',
  parameters: {},
});

const NOTHING = { count: 0, ns: 0 };

/**
 * Counts as Triton tells them. Nothing waits in a queue of the protocol's own, and no answer is kept for later.
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_statistics.md
 */
export const statisticsOf = (statistics: VersionStatistics) => ({
  name: statistics.model,
  version: String(statistics.version),
  last_inference: statistics.lastAt,
  inference_count: statistics.inferences,
  execution_count: statistics.executions,
  inference_stats: {
    success: statistics.success,
    fail: statistics.fail,
    queue: NOTHING,
    compute_input: statistics.input,
    compute_infer: statistics.infer,
    compute_output: statistics.output,
    cache_hit: NOTHING,
    cache_miss: NOTHING,
  },
  batch_stats: [],
});
