import type { LoggedInput } from '@mlab/contracts/gateway';
import type { Entry } from '#/domain/input-log/entry.ts';
import { timeOf } from '#/domain/input-log/input-id.ts';

/** An entry as it is answered: what is not known is absent. */
export function toLoggedInput(entry: Entry): LoggedInput {
  const { id, data, length, sha256, outcome, status, confidence, prediction, latencyMs, model, modelVersion, error, traceId } = entry;
  return {
    id,
    received_at: new Date(timeOf(id)).toISOString(),
    ...(data === undefined ? {} : { data }),
    length,
    ...(sha256 === undefined ? {} : { sha256 }),
    outcome,
    ...(status === undefined ? {} : { status }),
    ...(entry.class === undefined ? {} : { class: entry.class }),
    ...(confidence === undefined ? {} : { confidence }),
    ...(prediction === undefined ? {} : { prediction: JSON.parse(prediction) as unknown }),
    ...(latencyMs === undefined ? {} : { latency_ms: latencyMs }),
    ...(model === undefined ? {} : { model }),
    ...(modelVersion === undefined ? {} : { model_version: modelVersion }),
    ...(error === undefined ? {} : { error }),
    trace_id: traceId,
  };
}
