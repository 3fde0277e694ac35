import type { AnsweredBatch } from '../ask-rows.ts';
import type { Model } from '../model.ts';
import type { PredictionWriter } from './prediction-writer.ts';

/** An object for each row: one a line, or all in one list. */
export function jsonWriter({ version }: Model, form: 'lines' | 'list'): PredictionWriter {
  let row = 0;
  const objects = ({ rows }: AnsweredBatch): string[] =>
    rows.map(({ prediction, explanation }) =>
      JSON.stringify({
        row: ++row,
        version,
        ...prediction,
        ...(explanation === undefined ? {} : { explanation }),
      }),
    );
  if (form === 'lines') return { batch: (batch) => `${objects(batch).join('\n')}\n`, end: () => '' };
  return {
    batch: (batch) => `${row === 0 ? '[\n' : ',\n'}${objects(batch).join(',\n')}`,
    end: () => (row === 0 ? '[]\n' : '\n]\n'),
  };
}
