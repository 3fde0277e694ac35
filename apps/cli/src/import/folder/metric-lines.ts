import type { Measured, MeasuredOfModel } from '../source.ts';
import type { FileInside } from './folder.ts';

const BATCH = 1000;

/** Values of a file with one of them in each line, a thousand at a time. */
export async function* batchesOf<T>(file: FileInside, read: (line: string) => T): AsyncGenerator<readonly T[], void, void> {
  let batch: T[] = [];
  for await (const line of linesOf(file)) {
    batch.push(read(line));
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** A line has a time, a value and a step, and perhaps the name and the digest of a dataset. The first MLflow had no steps. */
export function readMeasured(line: string): Measured {
  const fields = line.trim().split(' ');
  if (![2, 3, 5].includes(fields.length)) throw new Error(`a line has ${fields.length} fields: expected 2, 3 or 5`);
  return measured(fields);
}

/** Of a logged model: behind the step stands the run. */
export function readMeasuredOfModel(key: string, line: string): MeasuredOfModel {
  const fields = line.trim().split(' ');
  if (fields.length !== 4 && fields.length !== 6) throw new Error(`a line has ${fields.length} fields: expected 4 or 6`);
  const [, , , runId = '', datasetName, datasetDigest] = fields;
  return { ...measured(fields), key, runId, datasetName, datasetDigest };
}

export async function countLines(file: FileInside): Promise<number> {
  let count = 0;
  for await (const _line of linesOf(file)) count++;
  return count;
}

function measured([time = '', value = '', step = '0']: readonly string[]): Measured {
  return { timestamp: wholeNumber(time), value: pythonFloat(value), step: wholeNumber(step) };
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new Error(`"${text.slice(0, 40)}" is no whole number`);
}

const WORDS: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, infinity: Infinity };

/** As Python writes one. */
function pythonFloat(text: string): number {
  const [, sign, word = ''] = /^([+-]?)([a-z]+)$/i.exec(text) ?? [];
  const known = Object.hasOwn(WORDS, word.toLowerCase()) ? WORDS[word.toLowerCase()] : undefined;
  if (known !== undefined) return sign === '-' ? -known : known;
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  throw new Error(`"${text.slice(0, 40)}" is no number`);
}

/** Longer than any line that a metric has. */
const MAX_LINE = 4096;

/** Lines that are not empty. */
async function* linesOf(file: FileInside): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of file.read()) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE) throw new Error(`a line has more than ${MAX_LINE} characters`);
    for (const line of lines) if (line.trim() !== '') yield line;
  }
  if (rest.trim() !== '') yield rest;
}
