/** Each block of docs/training.md that is marked sh is run as printed, in a folder with a churn.csv, and must end with 0. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { openTestDatabase } from '@mlab/sql/testing';
import { startProcess } from '../system/platform-process.ts';
import { run, type Outcome } from './run.ts';

const GUIDE = new URL('../../docs/training.md', import.meta.url);
const CLI = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));

const blocks = [...(await readFile(GUIDE, 'utf8')).matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text.trim());
const stack = new AsyncDisposableStack();
const known: Record<string, string> = {};
let folder: string;
let gateway: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mlab-training-guide-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const env = { DATABASE_URL: stack.use(await openTestDatabase()).url, MLAB_HOME: folder, MLAB_TRAINING_THREADS: '1' };
  const lab = stack.use(await startProcess({ target: 'tracking,registry,training,predictor,gateway', env }));
  gateway = lab.urls['gateway'] ?? '';
  const lines = Array.from({ length: 300 }, (_, row) => {
    const [months, bill, plan] = [(row * 7) % 60, 20 + ((row * 13) % 80), ['basic', 'plus', 'pro'][row % 3] as string];
    return `${months},${bill},${plan},${months < 20 && bill > 50 === (row % 11 !== 0) ? 'yes' : 'no'}`;
  });
  await writeFile(join(folder, 'churn.csv'), `months,bill,plan,churned\n${lines.join('\n')}\n`);
  await writeFile(join(folder, 'mlab'), `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@" --url ${gateway}\n`);
  await chmod(join(folder, 'mlab'), 0o755);
});
after(() => stack.disposeAsync());

const shell = (text: string): Promise<Outcome> =>
  run('sh', ['-c', `cd "${folder}" && ${text.replaceAll('localhost:8000', new URL(gateway).host)}`], {
    ...known,
    PATH: `${folder}:${process.env['PATH'] ?? ''}`,
    NO_COLOR: '1',
  });

test('the guide shows both ways', () => {
  assert.ok(blocks.some((text) => text.startsWith('mlab train')) && blocks.some((text) => text.startsWith('curl')));
});

for (const block of blocks) {
  test(block.split('\n')[0] ?? '', async () => {
    const { code, output, errors } = await shell(block);
    assert.equal(code, 0, `${output}${errors}`);
    assert.doesNotMatch(output, /"status":[45]\d\d/);
    if (block.includes('datasets/upload')) known['DATASET'] = (JSON.parse(output) as { id: string }).id;
    if (block.includes('training/jobs -H')) known['JOB'] = (JSON.parse(output) as { id: string }).id;
    if (block.includes('/logs')) assert.match(output, /event: end\ndata: \{.*"state":"succeeded"/);
    if (block === 'mlab train churn.csv --target churned') {
      assert.match(output, /churn\.csv: \d+ bytes, 300 rows, 4 columns\n {2}months \(integer\), bill \(integer\), plan \(category\)/);
      assert.match(output, /task: binary\./);
      assert.match(output, /METRIC +VALUE +INTERVAL +BASELINE\n +roc_auc +[\d.]+ +[\d.]+ … [\d.]+ +0\.5/);
      assert.match(
        output,
        /model: +churn version 1 \(models:\/m-[0-9a-f]{32}\)\nrun: +http.*\/tracking\/runs\/[0-9a-f]{32} in Default\nreport: http/,
      );
    }
    if (block.includes('--search')) assert.match(output, /best: trial \d, \{[\s\S]*model: +churn version \d/);
    if (block.includes('--json')) {
      const { job } = JSON.parse(output) as { job: { state: string; result: { version?: number; modelId: string } } };
      assert.deepEqual([job.state, job.result.version], ['succeeded', undefined]);
    }
  });
}
