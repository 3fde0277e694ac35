import { AppError, type CallMeta, type ForeignAnswer, type ForeignRequest, type Instance } from '@mlab/kernel';
import { openInference } from '@mlab/contracts/open-inference';
import { CallFailure, classify, toAppError } from '#/domain/call-failure.ts';

type Speaking = Pick<Instance<unknown>, 'speak'>;
type RouteName = keyof typeof openInference.routes;

/**
 * Hands on what is no question to a model: what there is, whether it is ready, that it be loaded. It takes as long as it takes and may
 * well be answered 503, so it is no measure of the copies, which are asked in turn; one that refuses the connection is passed over.
 */
export function handOn(
  name: string,
  copies: () => readonly Speaking[],
): (route: RouteName, request: ForeignRequest, call: CallMeta) => Promise<ForeignAnswer> {
  let turn = 0;
  return async (route, { params, query, headers, body }, call) => {
    const list = copies();
    const question = { params: textsOf(params), query, headers: textsOf(headers), body };
    const first = turn++;
    let failure = new CallFailure('refused', { reason: 'no instance of it is known' });
    for (let tried = 0; tried < list.length; tried++) {
      const { speak } = list[(first + tried) % list.length] as Speaking;
      try {
        return await speak(openInference, route, question, call);
      } catch (error) {
        const why = classify(error);
        if (why === undefined || AppError.is(error, 'not_implemented')) throw error;
        failure = why;
        if (!why.notSent || why.kind === 'cancelled') break;
      }
    }
    throw toAppError(name, failure);
  };
}

/** Values by name, each as one text. */
export function textsOf(values: Readonly<Record<string, string | readonly string[] | undefined>>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(values))
    if (value !== undefined) texts[name] = typeof value === 'string' ? value : value.join(', ');
  return texts;
}
