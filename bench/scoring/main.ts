/** `npm run bench -- scoring`: microseconds of CPU that compiled models take for a row, beside ONNX Runtime asked in the same process. */
import { parseArgs } from 'node:util';
import { compile, readModel, type Columns } from '@mlab/onnx';
import { openReference, referenceFeeds } from '../../packages/onnx/test/ort.ts';
import { contestants, type Contestant } from './models.ts';
import { perRow } from './per-row.ts';

const BATCH_ROWS = 10_000;

interface Measured {
  readonly model: string;
  readonly rows: number;
  readonly compiledMicroseconds: number;
  readonly onnxruntimeMicroseconds: number;
  readonly budget: number | undefined;
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    ms: { type: 'string', default: '150' },
    json: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const slice = Number(values.ms);
const results: Measured[] = [];
for (const contestant of contestants()) {
  for (const rows of [1, BATCH_ROWS]) results.push(await measure(contestant, rows));
}
if (values.json) console.log(JSON.stringify({ bench: 'scoring', node: process.version, results }, undefined, 2));
else print(results);
if (values.check && results.some(({ budget, compiledMicroseconds }) => budget !== undefined && compiledMicroseconds > budget))
  process.exitCode = 1;

async function measure({ name, bytes, columns, budget }: Contestant, rows: number): Promise<Measured> {
  const { compiled, reason } = compile(readModel(bytes));
  if (compiled === undefined) throw new Error(`${name} is not compiled: ${reason}`);
  const session = await openReference(bytes);
  // Always the same row would be learnt by heart by the processor.
  const questions = Array.from({ length: rows === 1 ? 500 : 2 }, () => columns(rows));
  const ask = (index: number): Columns => questions[index % questions.length] ?? {};
  const feeds = questions.map((question) => referenceFeeds(compiled.inputs, question, rows));
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const own = await perRow(rows, slice, (index) => void compiled.score(ask(index)));
    const other = await perRow(rows, slice, async (index) => void (await session.run(feeds[index % feeds.length] ?? {})));
    if (round < 0) continue;
    ours.push(own);
    theirs.push(other);
  }
  await session.release();
  const limit = rows === 1 ? budget : undefined;
  return { model: name, rows, compiledMicroseconds: median(ours), onnxruntimeMicroseconds: median(theirs), budget: limit };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

function print(all: readonly Measured[]): void {
  console.log('µs of CPU a row                                 compiled   ONNX Runtime   times as fast');
  for (const { model, rows, compiledMicroseconds, onnxruntimeMicroseconds, budget } of all) {
    const what = `${model}, ${rows === 1 ? 'one row' : `${rows} rows`}`.padEnd(58);
    const ratio = (onnxruntimeMicroseconds / compiledMicroseconds).toFixed(1);
    const verdict = budget === undefined ? '' : `   budget ≤ ${budget}: ${compiledMicroseconds <= budget ? 'kept' : 'missed'}`;
    console.log(
      `${what}${compiledMicroseconds.toFixed(2).padStart(8)}${onnxruntimeMicroseconds.toFixed(2).padStart(10)}${ratio.padStart(10)}${verdict}`,
    );
  }
}
