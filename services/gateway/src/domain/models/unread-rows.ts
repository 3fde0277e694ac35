import type { RowPredictions } from '@mlab/contracts/predictor-models';
import { answeredBy, failedWith, type Ending } from '#/domain/input-log/entry.ts';
import { predictedRows } from '#/domain/models/rows.ts';

/** Answers up to this are looked into for the log. */
const MOST_READ = 262_144;

/** What became of rows that were handed on as bytes, by the bytes that were answered. */
export function endedUnread(
  { status, body }: { readonly status: number; readonly body: Uint8Array },
  asked: { readonly model: string; readonly limit: number },
  latencyMs: number,
): Ending {
  const answer = body.byteLength <= MOST_READ ? parsed(body) : undefined;
  if (status < 200 || status >= 300) {
    const { detail } = (answer ?? {}) as { readonly detail?: unknown };
    const error = typeof detail === 'string' ? detail : `Service B answered ${status}.`;
    return { ...failedWith(status, error), model: asked.model, modelVersion: undefined };
  }
  if (answer !== undefined) return predictedRows(answer as RowPredictions, latencyMs, asked.limit);
  const prediction = JSON.stringify({ model: asked.model, summary: { bytes: body.byteLength } });
  return answeredBy({ model: asked.model, version: undefined, class: undefined, confidence: undefined, prediction, latencyMs });
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
