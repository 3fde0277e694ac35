/** Each block of docs/training.md that is marked sh is run as printed, in a folder with a churn.csv, and must end with 0. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, mock, test } from 'node:test';
import { openTestDatabase } from '@mlab/sql/testing';
import { runCommandLine } from '../../apps/cli/src/run-command-line.ts';
import { startProcess } from '../system/platform-process.ts';
import { waitUntil } from '../system/wait.ts';
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
    if (block.includes('--costs')) assert.match(output, /costs: least from a threshold of [\d.e-]+, [\d.]+ a row/);
    if (block.includes('--search')) assert.match(output, /best: trial \d, \{[\s\S]*model: +churn version \d/);
    if (block.includes('--json')) {
      const { job } = JSON.parse(output) as { job: { state: string; result: { version?: number; modelId: string } } };
      assert.deepEqual([job.state, job.result.version], ['succeeded', undefined]);
    }
  });
}

/** As the shell does it, in this process: to start one takes longer than to refuse what is asked here. */
async function told(args: readonly string[]): Promise<Outcome> {
  let errors = '';
  const write = mock.method(process.stderr, 'write', (text: string) => Boolean((errors += text)));
  try {
    const code = await runCommandLine([...args, '--url', gateway]);
    return { code, output: '', errors };
  } finally {
    write.mock.restore();
  }
}

const begin = (text: string): ChildProcess =>
  spawn('sh', ['-c', `cd "${folder}" && exec ${text}`], {
    env: { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

test('what goes wrong is a sentence and an exit code', async () => {
  const cases: readonly (readonly [string, number, RegExp])[] = [
    ['mlab train', 2, /takes a file, or - for standard input/],
    ['mlab train nothing.csv --target churned', 1, /nothing\.csv cannot be read: there is no such file/],
    ['mlab train churn.csv --target nothing', 1, /no column "nothing"|has churned|must be a column of the dataset/],
    ['mlab train churn.csv --target churned --trainer magic', 1, /trainer must be one of .*boosting/],
    ['mlab train churn.csv --target churned --param num_leaves=1', 1, /num_leaves/],
    ['mlab train churn.csv --target churned --param leaves', 2, /--param takes a name and a value/],
    ['mlab train churn.csv --target churned --seed x', 2, /--seed takes a whole number/],
    ['mlab train churn.csv --target churned --trials 5', 2, /--trials is for a search/],
    ['mlab train churn.csv --target churned --split weekly', 2, /--split takes random, stratified/],
    ['mlab train churn.csv more.csv', 2, /takes one file/],
    ['mlab train churn.csv --target churned --bogus', 2, /Unknown option/],
    ['printf "x,y\\n1,a\\n2,a\\n" | mlab train - --target y --task binary', 1, /has failed: The target "y" is a in all 2 rows/],
    ['mlab train status nothing', 1, /There is no training job nothing/],
    ['mlab train status', 2, /takes the id of a job/],
  ];
  for (const [command, expected, sentence] of cases) {
    // What comes as far as the lab writes more than its refusal.
    const isOfShell = command === 'mlab train' || (expected === 1 && /churn|\|/.test(command));
    const { code, output, errors } = isOfShell ? await shell(command) : await told(command.split(' ').slice(1));
    assert.equal(code, expected, `${command}: ${output}${errors}`);
    assert.match(errors, sentence, command);
    assert.doesNotMatch(errors, / at .*\.ts:\d/, command);
  }
});

test('jobs are listed and shown, and what is interrupted is cancelled', async () => {
  const { output } = await shell('mlab train list');
  assert.match(output, /^ +JOB +STATE +TRAINER +MODEL +METRIC +CREATED\n/);
  assert.match(output, /succeeded +boosting +churn version \d+ +roc_auc [\d.]+/);
  assert.match((await shell(`mlab train status ${known['JOB']}`)).output, /^Job [0-9a-f]{16} is succeeded\.\n[\s\S]*METRIC/);
  const child = begin('mlab train churn.csv --target churned --param num_iterations=100000 --param num_leaves=2 --name interrupted');
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await waitUntil('it trains', 30_000, () => /… training \d+ of 100000, train loss [\d.e-]+, .* left/.test(said));
  child.kill('SIGINT');
  assert.equal(await ended, 130, said);
  const id = /Job ([0-9a-f]{16})\./.exec(said)?.[1] ?? '';
  assert.match(said, new RegExp(`The job ${id} was cancelled`));
  assert.match((await shell(`mlab train status ${id}`)).output, /is cancelled\./);
});
