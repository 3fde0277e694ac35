import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { churn, quick } from './data.ts';
import { app } from './shared-training.ts';

const columns = (count: number, of: (column: number) => string): string =>
  Array.from({ length: count }, (_, column) => of(column)).join(',');

/** What a file holds, what is asked beside it, and the sentence; none: it trains. */
const FILES: Readonly<Record<string, readonly [string | Uint8Array, object, RegExp | undefined]>> = {
  'a target of one class': [`x,y\n${'1,a\n2,a\n'.repeat(50)}`, {}, /is a in all 100 rows; there is nothing to learn/],
  'a target without a value': [`x,y\n${'1,\n2,\n'.repeat(50)}`, {}, /y/],
  'features without a value': [`x,y\n${',a\n,b\n'.repeat(50)}`, {}, /x/],
  'one row': ['x,y\n1,a\n', {}, /row/],
  'no row': ['x,y\n', {}, /row/],
  'no column but the target': [`y\n${'a\nb\n'.repeat(50)}`, {}, /no column to learn from/],
  'a target of names': [`x,y\n${Array.from({ length: 300 }, (_, row) => `${row},n${row}`).join('\n')}\n`, {}, /300 classes/],
  'a column called __proto__': [churn(200).replace('months', '__proto__').replace('leaves', 'y'), {}, undefined],
  'a target called __proto__': [churn(200).replace('leaves', '__proto__'), { target: '__proto__' }, undefined],
  'a column called label': [churn(200).replace('months', 'label').replace('bill', 'probabilities').replace('leaves', 'y'), {}, undefined],
  '10,000 columns': [
    `${columns(10_000, (column) => `c${column}`)},y\n${Array.from({ length: 30 }, (_, row) => `${columns(10_000, (column) => String((row * column) % 7))},${row % 2 === 0 ? 'a' : 'b'}`).join('\n')}\n`,
    { params: { num_iterations: 2 } },
    undefined,
  ],
  'a bomb': [gzipSync(Buffer.alloc(50_000_000, 'a,b\n')), {}, /4000000|larger|more than/],
  'bytes of no encoding': [Buffer.from([0x78, 0x2c, 0x79, 10, 0xff, 0xfe, 0x2c, 0x61, 10, 0x31, 0x2c, 0x62, 10]), {}, /./],
  'weights of less than nothing': [`x,w,y\n${'1,-1,a\n2,1,b\n'.repeat(50)}`, { weights: 'w' }, /weight in row 1 is -1/],
  'a metric that the task does not have': [
    churn(200).replace('leaves', 'y'),
    { evaluation: { metric: 'rmse', bootstrap: 0 } },
    /no metric rmse for the task binary/,
  ],
};

export const hostileTests = (): void =>
  void describe('data that nobody hopes for', { concurrency: true }, () => {
    for (const [what, [content, asked, sentence]] of Object.entries(FILES))
      test(`${what}: ${sentence === undefined ? 'a model' : 'a sentence, and nothing half-registered'}`, async () => {
        const dataset = await app.upload(content, content instanceof Uint8Array ? 'data.csv.gz' : 'data.csv');
        const common = { ...quick, dataset, target: 'y', params: { num_iterations: 5 }, model: 'hostile' };
        const { id } = await app.must('POST /jobs', { ...common, ...asked });
        const job = await app.job(id);
        const made = [
          app.told.versions.filter(({ runId }) => runId === job.runId).length,
          [...app.told.models.values()].filter(({ run }) => run === job.runId).length,
        ];
        if (sentence === undefined) {
          assert.equal(job.state, 'succeeded', job.error);
          assert.deepEqual(made, [1, 1]);
        } else {
          assert.equal(job.state, 'failed');
          assert.match(job.error ?? '', sentence);
          assert.doesNotMatch(job.error ?? '', /went wrong inside| at .*\.ts/);
          assert.deepEqual([made, job.attempts, job.result], [[0, 0], 1, undefined]);
          await app.until('its run has failed', () => app.told.runs.get(job.runId)?.status === 'FAILED');
        }
      });
  });
