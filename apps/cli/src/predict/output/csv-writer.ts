import type { AnsweredBatch, AnsweredRow } from '../ask-rows.ts';
import type { Model } from '../model.ts';
import { predictedText, probabilityOf, type PredictionWriter } from './prediction-writer.ts';

type Column = readonly [name: string, of: (row: AnsweredRow) => unknown];

/** The rows as they came, with what is predicted behind them. A column that is called as one of ours gives way to it. */
export function csvWriter({ inputs, classes }: Model, { explains }: { readonly explains: boolean }): PredictionWriter {
  let columns: readonly Column[] | undefined;
  const columnsOf = ({ rows }: AnsweredBatch): readonly Column[] => {
    const added: readonly Column[] = [
      ['prediction', ({ prediction }) => predictedText(prediction.prediction ?? prediction.outputs)],
      ...(classes === undefined ? [] : [['probability', ({ prediction }: AnsweredRow) => probabilityOf(prediction)] as const]),
      ...(classes ?? []).map(String).map((name): Column => [`probability_${name}`, ({ prediction }) => prediction.probabilities?.[name]]),
      ...(explains
        ? inputs.map(({ name }): Column => [`contribution_${name}`, ({ explanation }) => explanation?.contributions[name]])
        : []),
    ];
    const names = new Set(added.map(([name]) => name));
    const own = Object.keys(rows[0]?.row.source.values ?? {}).filter((name) => !names.has(name));
    return [...own.map((name): Column => [name, ({ row }) => row.source.values[name]]), ...added];
  };
  return {
    batch(batch) {
      const isFirst = columns === undefined;
      const all = (columns ??= columnsOf(batch));
      const lines = batch.rows.map((row) => all.map(([, of]) => cell(of(row))).join(','));
      return `${[...(isFirst ? [all.map(([name]) => cell(name)).join(',')] : []), ...lines].join('\n')}\n`;
    },
    end: () => '',
  };
}

function cell(value: unknown): string {
  const text = predictedText(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
