import type { openInference } from '@mlab/contracts/open-inference';
import type { registry } from '@mlab/contracts/registry';
import { AppError, type CallMeta, type ClientOf, type ForeignAnswer, type ForeignRequest, type Spoken } from '@mlab/kernel';
import { renderOpenInferenceError } from '@mlab/open-inference';
import type { ServedModel } from '#/domain/served-model.ts';
import type { LargeQuestions } from '#/large/large-questions.ts';
import type { ProtocolModels } from '#/protocols/with-demo.ts';
import { answer } from './answer.ts';
import { configOf, metadataOf, serverMetadata, statisticsOf, versionsInMemory } from './describe.ts';
import { inferHandler } from './infer.ts';
import { repositoryHandlers } from './repository.ts';
import type { Statistics } from './statistics.ts';
import { whichModel } from './which-model.ts';

export interface OpenInferenceOptions {
  readonly models: ProtocolModels;
  /** What could be served besides what is. */
  readonly registry: ClientOf<typeof registry> | undefined;
  /** Counted together with what comes over gRPC. */
  readonly statistics: Statistics;
  readonly large: LargeQuestions;
  /** False as soon as the service begins to end: who balances between copies then asks others. */
  readonly isReady: () => boolean;
}

/** The Open Inference Protocol V2 over REST. */
export function speakOpenInference({ models, registry, statistics, large, isReady }: OpenInferenceOptions): Spoken<typeof openInference> {
  const infer = inferHandler({ models, statistics, large });
  const open = ({ params }: ForeignRequest, call: CallMeta): Promise<ServedModel> =>
    models.open(whichModel(params['model'] ?? '', params['version']), call);

  const metadata = async (request: ForeignRequest, call: CallMeta): Promise<ForeignAnswer> => {
    const model = await open(request, call);
    return answer(metadataOf(model, versionsInMemory(models, model.model)));
  };
  const config = async (request: ForeignRequest, call: CallMeta): Promise<ForeignAnswer> => answer(configOf(await open(request, call)));

  /** One that is not in memory is loaded: whoever waits until it is ready would wait for ever. */
  const ready = async (request: ForeignRequest, call: CallMeta): Promise<ForeignAnswer> => {
    const name = request.params['model'] ?? '';
    if (!isReady()) return answer({ name, ready: false, error: NOT_READY }, 503);
    try {
      return answer({ name: (await open(request, call)).model, ready: true });
    } catch (error) {
      if (!AppError.is(error) || error.code === 'not_found' || error.code === 'invalid') throw error;
      return answer({ name, ready: false, error: error.message }, 503);
    }
  };

  const stats = async (request: ForeignRequest, call: CallMeta): Promise<ForeignAnswer> => {
    const { model, version } = request.params;
    const asked = version === undefined ? statistics.all().filter((each) => each.model === model) : [];
    return answer({ model_stats: (asked.length > 0 ? asked : [statistics.of(await open(request, call))]).map(statisticsOf) });
  };

  return {
    renderError: renderOpenInferenceError,
    handlers: {
      serverMetadata: () => answer(serverMetadata(['binary_tensor_data'])),
      // Triton's clients look at the status alone, KServe's at the words.
      serverLive: () => answer({ live: true }),
      serverReady: () => (isReady() ? answer({ live: true, ready: true }) : answer({ live: true, ready: false, error: NOT_READY }, 503)),
      modelMetadata: metadata,
      versionMetadata: metadata,
      modelReady: ready,
      versionReady: ready,
      modelInfer: infer,
      versionInfer: infer,
      modelConfig: config,
      versionConfig: config,
      modelStatistics: stats,
      versionStatistics: stats,
      allStatistics: () => answer({ model_stats: statistics.all().map(statisticsOf) }),
      ...repositoryHandlers({ models, registry }),
    },
  };
}

const NOT_READY = 'The Model API is starting or shutting down.';
