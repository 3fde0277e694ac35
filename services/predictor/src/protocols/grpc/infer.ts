import { toBinary } from '@bufbuild/protobuf';
import type { CallMeta, ClientOf } from '@mlab/kernel';
import type { registry } from '@mlab/contracts/registry';
import { columnsOf } from '@mlab/open-inference';
import { ModelInferRequestSchema, type ModelInferRequest } from '@mlab/protos/open-inference';
import type { ServedModel } from '#/domain/served-model.ts';
import type { LargeQuestions } from '#/large/large-questions.ts';
import type { Statistics } from '#/protocols/open-inference/statistics.ts';
import { whichModel } from '#/protocols/open-inference/which-model.ts';
import type { ProtocolModels } from '#/protocols/with-demo.ts';
import { answerOf, type InferAnswer } from './answer-of.ts';
import { readRequest } from './read-request.ts';

export interface InferenceDeps {
  readonly models: ProtocolModels;
  readonly registry: ClientOf<typeof registry> | undefined;
  readonly statistics: Statistics;
  readonly large: LargeQuestions;
  /** False as soon as the service begins to end. */
  readonly isReady: () => boolean;
}

/** Asks the model that a request names. Bytes are an answer that was written beside, because it is large. */
export async function infer(deps: InferenceDeps, request: ModelInferRequest, call: CallMeta): Promise<InferAnswer | Uint8Array> {
  const { models, statistics, large } = deps;
  const ref = whichModel(request.modelName, request.modelVersion);
  const model = models.standing(ref) ?? (await models.open(ref, call));
  const counted = statistics.of(model);
  const began = statistics.now();
  const answer = await answerHere(model).catch((error: unknown) => {
    if (large.wasMuch(model, error)) return undefined;
    statistics.failed(counted, began);
    throw error;
  });
  return answer ?? inferUnread(deps, { bytes: toBinary(ModelInferRequestSchema, request), streamed: false }, call);

  async function answerHere(asking: ServedModel): Promise<InferAnswer | undefined> {
    const asked = readRequest(request, asking);
    const columns = columnsOf(asking, asked.inputs);
    const rows = asked.inputs[0]?.shape[0] ?? 1;
    if (large.isMuch(asking, rows)) return undefined;
    const read = statistics.now();
    const outputs = await asking.ask(columns, call);
    const inferred = statistics.now();
    const written = answerOf(asking, { id: request.id, asked }, outputs);
    statistics.succeeded(counted, rows, [began, read, inferred, statistics.now()]);
    return written;
  }
}

/** A request that is too large to be read here, or whose answer is too large to be written here. */
export async function inferUnread(
  { models, statistics, large }: InferenceDeps,
  { bytes, streamed }: { readonly bytes: Uint8Array; readonly streamed: boolean },
  call: CallMeta,
): Promise<Uint8Array> {
  const began = statistics.now();
  let model: ServedModel | undefined;
  try {
    const open = async (name: string, version: string): Promise<ServedModel> =>
      (model = await models.open(whichModel(name, version), call));
    const done = await large.message({ body: bytes, streamed }, open, call);
    if (model !== undefined) statistics.took(statistics.of(model), done.rows, done.took);
    return done.body;
  } catch (error) {
    if (model !== undefined) statistics.failed(statistics.of(model), began);
    throw error;
  }
}
