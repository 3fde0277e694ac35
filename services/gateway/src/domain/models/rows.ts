import type { RowExplanations, RowPredictions } from '@mlab/contracts/predictor-models';
import { answeredBy, type Ending } from '#/domain/input-log/entry.ts';

interface AskedRows {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

const MAX_NAMES = 100;

/** Rows as they were asked, or what they are where they are too long for the log. */
export function rowsText(asked: AskedRows, limit: number): string {
  const text = JSON.stringify(asked);
  if (text.length <= limit) return text;
  const { rows, ...rest } = asked;
  return JSON.stringify({
    ...rest,
    summary: { rows: rows.length, columns: Object.keys(rows[0] ?? {}).slice(0, MAX_NAMES), length: text.length },
  });
}

/** Of one row, the class stands in a column of its own; of several, there is none for all. */
export function predictedRows(answer: RowPredictions, latencyMs: number, limit: number): Ending {
  const { model, version, predictions } = answer;
  const [first] = predictions;
  const { prediction, probabilities } = first ?? {};
  const isClass =
    predictions.length === 1 && (probabilities !== undefined || typeof prediction === 'string' || typeof prediction === 'boolean');
  const name = isClass ? String(prediction) : undefined;
  return answeredBy({
    model,
    version: String(version),
    class: name,
    confidence: name === undefined ? undefined : (probabilities?.[name] ?? undefined),
    prediction: bounded(answer, limit, () => ({ model, version, summary: { predictions: predictions.length } })),
    latencyMs,
  });
}

export function explainedRows(answer: RowExplanations, latencyMs: number, limit: number): Ending {
  const { model, version, method, explanations } = answer;
  const prediction = bounded(answer, limit, () => ({ model, version, method, summary: { explanations: explanations.length } }));
  return answeredBy({ model, version: String(version), class: undefined, confidence: undefined, prediction, latencyMs });
}

function bounded(answer: object, limit: number, summary: () => object): string {
  const text = JSON.stringify(answer);
  return text.length <= limit ? text : JSON.stringify(summary());
}
