import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { followFile } from '../../apps/cli/src/logs/followed-file.ts';
import { prettyLine } from '../../apps/cli/src/logs/pretty-line.ts';
import { testCli, type TestCli, until } from './cli-for-test.ts';

const line = (name: string, time: number, msg: string): string =>
  `${JSON.stringify({ level: 'info', time: new Date(time).toISOString(), service: name, msg })}\n`;

function writeLogs(cli: TestCli, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(cli.home, 'logs'), { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(cli.home, 'logs', file), text);
}

const messages = (out: string): string[] =>
  out
    .split('\n')
    .filter(Boolean)
    .map((text) => (text.startsWith('{') ? String((JSON.parse(text) as { msg: unknown }).msg) : text));

test('logs shows all logs as one in the order of time, when nothing runs too', async () => {
  await using cli = await testCli();
  writeLogs(cli, {
    'gateway.log': line('gateway', 2, 'second') + line('gateway', 4, 'fourth') + 'at some.stack\n',
    'predictor.log': line('predictor', 3, 'third'),
    'supervisor.log': line('supervisor', 1, 'first'),
  });
  const { code, out } = await cli.run(['logs']);
  assert.equal(code, 0);
  assert.deepEqual(messages(out), ['first', 'second', 'third', 'fourth', 'at some.stack']);
  assert.deepEqual(messages((await cli.run(['logs', 'predictor'])).out), ['third']);
  assert.deepEqual(messages((await cli.run(['logs', 'supervisor'])).out), ['first']);
  assert.deepEqual(messages((await cli.run(['logs', '-n', '2'])).out), ['fourth', 'at some.stack']);
  assert.deepEqual(messages((await cli.run(['logs', '--lines', '0'])).out), []);
});

test('logs goes on in the rotated file when the new one has too few lines', async () => {
  await using cli = await testCli();
  const old = Array.from({ length: 5_000 }, (_, index) => line('gateway', index, `old ${index}`)).join('');
  writeLogs(cli, { 'gateway.log.1': old, 'gateway.log': line('gateway', 9_000, 'new') });
  assert.deepEqual(messages((await cli.run(['logs', '-n', '3', 'gateway'])).out), ['old 4998', 'old 4999', 'new']);
  assert.equal(messages((await cli.run(['logs', '-n', '4000', 'gateway'])).out).length, 4_000);
});

test('logs without a log: a sentence that says where it looked', async () => {
  await using cli = await testCli();
  const { code, err } = await cli.run(['logs']);
  assert.equal(code, 1);
  assert.equal(err, `There is no log yet below ${join(cli.home, 'logs')}; npm start (or mlab up) starts the lab.\n`);
});

test('logs -f shows what is added, and Ctrl-C ends it with code 0', async () => {
  await using cli = await testCli();
  await cli.run(['up', '--detach']);
  const logs = cli.begin(['logs', '-f', '-n', '0', 'gateway']);
  // What is written before it listens it need not show: so write until it does.
  await until('a request shows', async () => {
    await cli.get('gateway', '/shown');
    return logs.out().includes('"url":"/shown"');
  });
  logs.interrupt();
  const { code, out, err } = await logs.ended;
  assert.deepEqual({ code, err }, { code: 0, err: '' });
  assert.ok(
    out
      .split('\n')
      .filter(Boolean)
      .every((text) => text.startsWith('{"level":"info"')),
    'raw lines for programs',
  );
});

test('up shows the logs of all processes, and of the supervisor', async () => {
  await using cli = await testCli();
  const up = cli.begin(['up']);
  await up.says('End it');
  await cli.get('predictor', '/seen');
  await up.says('"url":"/seen"');
  await cli.get('predictor', '/crash').catch(() => undefined);
  await up.says('predictor was ended by SIGKILL');
  await up.says('predictor is ready');
});

test('a followed file gives whole lines only, also across its rotation', async () => {
  await using cli = await testCli();
  writeLogs(cli, { 'a.log': 'before\n' });
  const path = join(cli.home, 'logs', 'a.log');
  const limits = { backlogBytes: 1_000, keptBytes: 100 };
  using file = followFile(path, 'end');
  assert.deepEqual(file.read(limits), { lines: [], skipped: 0 });
  appendFileSync(path, 'one\ntw');
  assert.deepEqual(file.read(limits).lines, ['one']);
  appendFileSync(path, 'o ü\nthree\n');
  renameSync(path, `${path}.1`);
  appendFileSync(`${path}.1`, 'four\n');
  writeFileSync(path, 'five\n');
  assert.deepEqual(file.read(limits).lines, ['two ü', 'three', 'four', 'five']);
  appendFileSync(path, 'six\n');
  assert.deepEqual(file.read(limits).lines, ['six']);
});

test('a file that runs far ahead is leapt over, and every skipped line is counted', async () => {
  await using cli = await testCli();
  writeLogs(cli, { 'a.log': '' });
  const path = join(cli.home, 'logs', 'a.log');
  using file = followFile(path, 'start');
  const flood = Array.from({ length: 30_000 }, (_, index) => `line ${index}`);
  appendFileSync(path, `${flood.join('\n')}\n`);
  const { lines, skipped } = file.read({ backlogBytes: 10_000, keptBytes: 1_000 });
  assert.ok(lines.length > 50 && lines.length < 200, String(lines.length));
  assert.equal(lines.at(-1), 'line 29999');
  assert.equal(skipped + lines.length, 30_000);
});

test('a line for people cannot forge another one nor command the terminal', () => {
  const entry = {
    level: 'info',
    time: '2026-01-02T03:04:05.678Z',
    service: 'gateway',
    msg: 'Received: \n[12:00:00] ERROR: forged \u001b[2J\u009b',
    input: 'a\r\nb\u202e',
    err: { type: 'Error', message: 'x', stack: 'Error: x\n    at y\n[12:00:00] ERROR: forged' },
  };
  const shown = prettyLine({ process: 'gateway', line: JSON.stringify(entry) });
  // oxlint-disable-next-line no-control-regex
  assert.doesNotMatch(shown, /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E]/);
  assert.match(shown, /^\[\d\d:\d\d:05\.678\] INFO \(gateway\): Received: \\n\[12:00:00\] ERROR: forged \\u001b\[2J\\u009b/);
  assert.equal(shown.split('\n').filter((text) => text.startsWith('[')).length, 1, shown);
  assert.match(shown, /^ +at y$/m, 'a stack trace keeps its lines, set in');
  assert.equal(prettyLine({ process: 'gateway', line: 'no json \u0007' }), 'no json \\u0007\n');
});
