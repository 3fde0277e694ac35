import type { CallMeta, Database, Transaction } from '@mlab/kernel';
import { mlflowError } from '@mlab/mlflow';
import { experimentId, noExperiment } from '#/domain/experiment.ts';
import type { ReceivedSpan } from '#/domain/otlp/received-span.ts';
import { batchOf, type TraceSeen } from '#/domain/traces/span-batch.ts';
import { findExperiment } from '#/store/experiments.ts';
import { keepSeen, sumAnew, type KeptTrace } from '#/store/traces/seen-traces.ts';
import { insertSpans } from '#/store/traces/spans.ts';
import { linkToRun } from '#/store/traces/trace-links.ts';

export interface SpansOf {
  readonly experimentId: string;
  /** A run that the traces are to be linked to, if it is there. */
  readonly runId: string | undefined;
  readonly spans: readonly ReceivedSpan[];
}

export type SpanIntake = ReturnType<typeof openSpanIntake>;

/** So many spans go into one statement. */
const CHUNK = 2000;

/** Keeps spans, all of a request or none. */
export const openSpanIntake = ({ database }: { readonly database: Database }) => ({
  keep: async (call: CallMeta, { experimentId: id, runId, spans }: SpansOf): Promise<void> => {
    const experiment = experimentId(id);
    const seen = batchOf(spans);
    if (seen.length === 0) return;
    await database.transaction(call, async (tx) => {
      const kept = new Map((await keepSeen(tx, experiment, seen)).map((trace) => [trace.id, trace]));
      if (kept.size < seen.length) throw await refusal(tx, experiment, seen.find(({ id: traceId }) => !kept.has(traceId)) as TraceSeen);
      const rows = seen.flatMap((trace) => trace.spans.map((span) => ({ traceNo: (kept.get(trace.id) as KeptTrace).no, span })));
      for (let at = 0; at < rows.length; at += CHUNK) await insertSpans(tx, rows.slice(at, at + CHUNK));
      await sumAnew(tx, toSumAnew(seen, kept));
      const complete = seen.filter(({ state }) => state !== 'IN_PROGRESS').map((trace) => trace.id);
      if (runId !== undefined && complete.length > 0) await linkToRun(tx, runId, complete);
    });
  },
});

/** Those that had spans before, and get new numbers now. Of the others the request has told the whole sum. */
function toSumAnew(seen: readonly TraceSeen[], kept: ReadonlyMap<string, KeptTrace>): readonly KeptTrace[] {
  return seen.flatMap(({ id, tokens, cost }) => {
    const trace = kept.get(id) as KeptTrace;
    return !trace.isNew && ((tokens !== undefined && !trace.hasTokens) || (cost !== undefined && !trace.hasCost)) ? [trace] : [];
  });
}

async function refusal(tx: Transaction, experiment: string, { id }: TraceSeen): Promise<Error> {
  if ((await findExperiment(tx, experiment)) === undefined) return noExperiment(experiment);
  return mlflowError('INVALID_STATE', `Cannot log spans to the trace '${id}': its spans are in a file among its artifacts.`);
}
