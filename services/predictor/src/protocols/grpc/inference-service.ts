import { AppError, implement, type CallMeta, type GrpcHandlersOf, type GrpcImplementation } from '@mlab/kernel';
import { DataType, GRPCInferenceService, type ModelInferRequest } from '@mlab/protos/open-inference';
import type { ServedModel } from '#/domain/served-model.ts';
import { configOf, metadataOf, serverMetadata, statisticsOf, versionsInMemory } from '#/protocols/open-inference/describe.ts';
import { indexModels, loadModel, unloadModel } from '#/protocols/open-inference/repository.ts';
import { whichModel } from '#/protocols/open-inference/which-model.ts';
import { infer, inferUnread, type InferenceDeps } from './infer.ts';
import { inferStream } from './infer-stream.ts';

interface Named {
  readonly name: string;
  readonly version: string;
}

type Handlers = GrpcHandlersOf<typeof GRPCInferenceService>;

/** The Open Inference Protocol V2 over gRPC, as Triton speaks it. */
export function inferenceService(deps: InferenceDeps): GrpcImplementation {
  const { models, statistics, isReady } = deps;
  const open = ({ name, version }: Named, call: CallMeta): Promise<ServedModel> => models.open(whichModel(name, version), call);

  /** One that is not in memory is loaded: whoever waits until it is ready would wait for ever. */
  const modelReady: Handlers['modelReady'] = async (asked, call) => {
    if (!isReady()) return { ready: false };
    try {
      await open(asked, call);
      return { ready: true };
    } catch (error) {
      if (!AppError.is(error) || error.code === 'invalid' || error.code === 'internal' || call.signal.aborted) throw error;
      return { ready: false };
    }
  };

  const modelStatistics: Handlers['modelStatistics'] = async (asked, call) => {
    const all = statistics.all();
    const found = asked.name === '' ? all : asked.version === '' ? all.filter(({ model }) => model === asked.name) : [];
    const wanted = found.length > 0 || asked.name === '' ? found : [statistics.of(await open(asked, call))];
    return { modelStats: wanted.map(statisticsOf).map(statisticsMessage) };
  };

  const handlers: Handlers = {
    serverLive: () => ({ live: true }),
    serverReady: () => ({ ready: isReady() }),
    modelReady,
    serverMetadata: () => serverMetadata([]),
    modelMetadata: async (asked, call) => {
      const model = await open(asked, call);
      const { inputs, outputs, ...rest } = metadataOf(model, versionsInMemory(models, model.model));
      return { ...rest, inputs: inputs.map(withBigShape), outputs: outputs.map(withBigShape) };
    },
    modelInfer: (request: ModelInferRequest, call) => infer(deps, request, call) as ReturnType<Handlers['modelInfer']>,
    modelStreamInfer: (requests, call) => inferStream(deps, requests, call) as ReturnType<Handlers['modelStreamInfer']>,
    modelConfig: async (asked, call) => {
      const { name, platform, backend, max_batch_size: maxBatchSize, input, output } = configOf(await open(asked, call));
      return { config: { name, platform, backend, maxBatchSize, input: input.map(tensorConfig), output: output.map(tensorConfig) } };
    },
    modelStatistics,
    repositoryIndex: async ({ ready }, call) => ({ models: [...(await indexModels(deps, ready, call))] }),
    repositoryModelLoad: async ({ modelName: name, parameters }, call) => {
      await loadModel(deps, { name, parameters: Object.keys(parameters) }, call);
      return {};
    },
    repositoryModelUnload: async ({ modelName }, call) => {
      await unloadModel(deps, modelName, call);
      return {};
    },
  };
  const unread = (bytes: Uint8Array, call: CallMeta): Promise<Uint8Array> => inferUnread(deps, { bytes, streamed: false }, call);
  return implement(GRPCInferenceService, handlers, { fromBytes: deps.large.fromBytes, answer: { modelInfer: unread } });
}

const withBigShape = <T extends { readonly shape: readonly number[] }>(tensor: T) => ({ ...tensor, shape: tensor.shape.map(BigInt) });

const tensorConfig = ({ name, data_type: type, dims }: { name: string; data_type: string; dims: readonly number[] }) => ({
  name,
  dataType: DataType[type as keyof typeof DataType] ?? DataType.TYPE_INVALID,
  dims: dims.map(BigInt),
});

type Counted = ReturnType<typeof statisticsOf>;

const duration = ({ count, ns }: { readonly count: number; readonly ns: number }) => ({ count: BigInt(count), ns: BigInt(ns) });

function statisticsMessage(of: Counted) {
  const { success, fail, queue, compute_input, compute_infer, compute_output } = of.inference_stats;
  return {
    name: of.name,
    version: of.version,
    lastInference: BigInt(of.last_inference),
    inferenceCount: BigInt(of.inference_count),
    executionCount: BigInt(of.execution_count),
    inferenceStats: {
      success: duration(success),
      fail: duration(fail),
      queue: duration(queue),
      computeInput: duration(compute_input),
      computeInfer: duration(compute_infer),
      computeOutput: duration(compute_output),
    },
  };
}
