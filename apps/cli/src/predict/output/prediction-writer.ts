import type { AnsweredBatch } from '../ask-rows.ts';

/** Turns what was answered into text, batch after batch. */
export interface PredictionWriter {
  batch(batch: AnsweredBatch): string;
  /** What comes behind the last batch. */
  end(): string;
}

/** The probability of what is predicted, where the model gives one. */
export const probabilityOf = ({ prediction, probabilities }: AnsweredBatch['rows'][number]['prediction']): number | undefined =>
  probabilities?.[String(prediction)] ?? undefined;

/** What is predicted as a text: a list or an object as JSON. */
export const predictedText = (value: unknown): string =>
  typeof value === 'string' ? value : value === null || value === undefined ? '' : JSON.stringify(value);
