import { openInference } from '@mlab/contracts/open-inference';
import { AppError, STATUS, type CallMeta, type ForeignAnswer, type ForeignRequest, type RouteHandlers, type Spoken } from '@mlab/kernel';
import { askModel, type LogDeps } from '#/domain/models/ask-model.ts';
import { inferred, tensorsText } from '#/domain/models/tensors.ts';
import { readTensors } from '#/protocols/open-inference/read-tensors.ts';
import type { AskServiceB } from '#/service-b/ask-service-b.ts';
import { textsOf, type handOn } from '#/service-b/hand-on.ts';

type Routes = typeof openInference.routes;

export interface OpenInferenceDeps extends LogDeps {
  readonly infer: AskServiceB['infer'];
  readonly handOn: ReturnType<typeof handOn>;
  /** Longest text that is kept whole, in characters. */
  readonly maxText: number;
}

/** The Open Inference Protocol before Service B: what is inferred is an input like all others, the rest is handed on. */
export function openInferenceBefore(deps: OpenInferenceDeps): Spoken<typeof openInference> {
  const names = Object.keys(openInference.routes) as (keyof Routes)[];
  const passed = names.map((name) => [name, (request: ForeignRequest, call: CallMeta) => deps.handOn(name, request, call)] as const);
  const infer = (request: ForeignRequest, call: CallMeta): Promise<ForeignAnswer> => inferAndLog(deps, request, call);
  return {
    handlers: { ...(Object.fromEntries(passed) as unknown as RouteHandlers<Routes>), modelInfer: infer, versionInfer: infer },
    renderError: ({ code, message }: AppError) => ({
      status: STATUS[code],
      contentType: 'application/json',
      body: JSON.stringify({ error: message }),
    }),
  };
}

async function inferAndLog(
  deps: OpenInferenceDeps,
  { params, headers: came, body }: ForeignRequest,
  call: CallMeta,
): Promise<ForeignAnswer> {
  const { maxText } = deps;
  const { model = '', version } = params;
  const headers = textsOf(came);
  const text = tensorsText(await readTensors(headers, body, maxText), 'inputs');
  return askModel(deps, { text, model, version }, call, {
    ask: () => deps.infer({ model, version, headers, body }, call),
    ended: async (answer, latencyMs) =>
      inferred(answer.status, await readTensors({ ...answer.headers }, answer.body, maxText), { model, version }, latencyMs),
  });
}
