import type { PredictionResponse } from '@mlab/contracts/predictor';
import type { RowExplanations, RowPredictions } from '@mlab/contracts/predictor-models';
import type { CallMeta, Clock, WholeAnswer } from '@mlab/kernel';
import { judged, settled } from '#/service-b/answers.ts';
import type { AskedExplanations, AskedRows, Copies, InferQuestion, ServiceB, UnreadRows } from '#/service-b/service-b.ts';
import type { Upstream } from '#/domain/upstream.ts';

export interface AskServiceB {
  readonly predict: (input: string, call: CallMeta) => Promise<PredictionResponse>;
  readonly predictRows: (asked: AskedRows, call: CallMeta) => Promise<RowPredictions>;
  /** Absent where Service B is reached in a way that carries no bytes. */
  readonly predictUnread: ((rows: UnreadRows, call: CallMeta) => Promise<WholeAnswer>) | undefined;
  readonly explainRows: (asked: AskedExplanations, call: CallMeta) => Promise<RowExplanations>;
  readonly infer: (question: InferQuestion, call: CallMeta) => Promise<WholeAnswer>;
}

/** Keeps the upstream's list of copies as it is found, and asks one of them. Nothing that is asked here changes anything, so all may be asked again. */
export function askServiceB(upstream: Upstream<ServiceB>, copies: Copies, clock: Clock): AskServiceB {
  upstream.setInstances(copies.now());
  copies.onChange((list) => upstream.setInstances(list));
  const ask = <T>(call: CallMeta, attempt: (copy: ServiceB, call: CallMeta) => Promise<T>): Promise<T> => {
    const { caller, trace, deadline, signal } = call;
    return upstream.call(
      (copy, attemptSignal, remainingMs) =>
        attempt(copy, { caller, trace, deadline: clock.monotonic() + remainingMs, signal: attemptSignal }),
      { signal, deadline, safe: true },
    );
  };
  return {
    predict: (input, call) => ask(call, (copy, attempt) => copy.predict(input, attempt)),
    predictRows: async (asked, call) => (await ask(call, (copy, attempt) => settled(copy.predictRows(asked, attempt))))(),
    predictUnread: copies.carryBytes
      ? async (rows, call) => (await ask(call, (copy, attempt) => settled(unread(copy)(rows, attempt).then(judged))))()
      : undefined,
    explainRows: async (asked, call) => (await ask(call, (copy, attempt) => settled(copy.explainRows(asked, attempt))))(),
    infer: async (question, call) => (await ask(call, (copy, attempt) => settled(copy.infer(question, attempt).then(judged))))(),
  };
}

function unread({ id, predictUnread }: ServiceB): NonNullable<ServiceB['predictUnread']> {
  if (predictUnread === undefined) throw new Error(`${id} carries no bytes.`);
  return predictUnread;
}
