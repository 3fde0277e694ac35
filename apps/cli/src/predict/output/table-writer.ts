import { stripVTControlCharacters } from 'node:util';
import { figure } from '../../train/display.ts';
import { visibleText } from '../../visible-text.ts';
import type { AnsweredRow } from '../ask-rows.ts';
import { predictedText, probabilityOf, type PredictionWriter } from './prediction-writer.ts';

const REASONS = 3;
const WIDEST = 40;

/** A table for people, whose columns are as wide as the first rows need. */
export function tableWriter({ explains }: { readonly explains: boolean }): PredictionWriter {
  let widths: readonly number[] | undefined;
  let row = 0;
  return {
    batch({ rows }) {
      const cells = rows.map((each) => cellsOf(++row, each, explains));
      const isFirst = widths === undefined;
      const heading = ['ROW', 'PREDICTION', 'PROBABILITY', ...(explains ? ['BECAUSE OF'] : [])];
      widths ??= heading.map((name, column) => Math.max(name.length, ...cells.map((one) => width(one[column] ?? ''))));
      const said = widths;
      return (isFirst ? [heading, ...cells] : cells).map((one) => lineOf(one, said)).join('');
    },
    end: () => '',
  };
}

function cellsOf(number: number, { prediction, explanation }: AnsweredRow, explains: boolean): readonly string[] {
  const probability = probabilityOf(prediction);
  const said =
    typeof prediction.prediction === 'number' ? figure(prediction.prediction) : predictedText(prediction.prediction ?? prediction.outputs);
  return [
    String(number),
    shorten(visibleText(said)),
    probability === undefined ? '–' : probability.toFixed(4),
    ...(explains ? [visibleText(reasonsOf(explanation?.contributions ?? {}).join(', '))] : []),
  ];
}

/** What moved the score most, the strongest first. */
export const reasonsOf = (contributions: Readonly<Record<string, number | null>>, most = REASONS): readonly string[] =>
  Object.entries(contributions)
    .flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]))
    .toSorted(([, a], [, b]) => Math.abs(b) - Math.abs(a))
    .slice(0, most)
    .map(([name, value]) => `${name} ${value < 0 ? '−' : '+'}${figure(Math.abs(value))}`);

const width = (cell: string): number => stripVTControlCharacters(cell).length;
const shorten = (text: string): string => (text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text);
const lineOf = (cells: readonly string[], widths: readonly number[]): string =>
  `  ${cells
    .map((cell, column) => cell.padEnd(widths[column] ?? 0))
    .join('   ')
    .trimEnd()}\n`;
