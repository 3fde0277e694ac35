import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { backoff } from '../../apps/cli/src/supervisor/backoff.ts';
import type { ProcessStatus } from '../../apps/cli/src/supervisor/process-status.ts';
import { isAlive, testCli, until } from './cli-for-test.ts';

interface StatusForPrograms {
  readonly supervisor: { readonly pid: number };
  readonly processes: readonly (ProcessStatus & { readonly uptimeMs?: number })[];
}

test('ps shows where what runs, and as JSON for programs', async () => {
  await using cli = await testCli();
  await cli.run(['up', '--detach']);
  const { code, out } = await cli.run(['ps']);
  assert.equal(code, 0);
  assert.match(out, /process +services +port +pid +state +uptime +memory \([pr]ss\) +restarts/);
  assert.match(out, new RegExp(`gateway +gateway +${cli.ports.gateway} +\\d+ +ready +\\d+ s +\\d+ MB +0`));
  assert.match(out, /The supervisor is process \d+ \(\d+ MB, \d+ MB with all of them\)\./);
  const { supervisor, processes } = JSON.parse((await cli.run(['ps', '--json'])).out) as StatusForPrograms;
  const known = await cli.ps();
  assert.equal(supervisor.pid, known.supervisor.pid);
  assert.deepEqual(
    processes.map(({ process, state, pid, restarts, services }) => ({ process, state, pid, restarts, services })),
    known.processes.map(({ process, state, pid, restarts, services }) => ({ process, state, pid, restarts, services })),
  );
  for (const { memory, uptimeMs = -1 } of processes) assert.ok((memory?.bytes ?? 0) > 1e6 && uptimeMs >= 0);
});

test('ps when nothing runs: a sentence, and code 3', async () => {
  await using cli = await testCli();
  assert.deepEqual(await cli.run(['ps']), {
    code: 3,
    signal: null,
    out: '',
    err: 'Nothing runs; npm start (or mlab up) starts the lab.\n',
  });
});

test('stop, start and restart act on one service; the other goes on', async () => {
  await using cli = await testCli();
  await cli.run(['up', '--detach']);
  const before = await cli.process('predictor');

  assert.equal((await cli.run(['stop', 'gateway'])).out, 'gateway is stopped.\n');
  await assert.rejects(cli.get('gateway'));
  assert.equal((await cli.process('gateway')).state, 'stopped');

  assert.equal((await cli.run(['start', 'gateway'])).out, 'gateway is ready.\n');
  assert.match(await cli.get('gateway'), /gateway/);

  const { pid } = await cli.process('gateway');
  assert.equal((await cli.run(['restart', 'gateway'])).code, 0);
  const after = await cli.process('gateway');
  assert.notEqual(after.pid, pid);
  assert.equal(after.restarts, 0, 'a restart that was asked for is none that was needed');
  assert.equal((await cli.process('predictor')).pid, before.pid);
});

test('a process that falls is started again, and the other does not notice', async () => {
  await using cli = await testCli();
  await cli.run(['up', '--detach']);
  const before = await cli.ps();
  await assert.rejects(cli.get('predictor', '/crash'));
  await until(
    'the predictor is back',
    async () => (await cli.process('predictor')).restarts === 1 && (await cli.process('predictor')).state === 'ready',
  );
  assert.match(await cli.get('predictor'), /predictor/);
  assert.equal((await cli.process('gateway')).pid, before.processes.find(({ process }) => process === 'gateway')?.pid);
  assert.match(cli.log('supervisor'), /predictor was ended by SIGKILL; the next try is in 0\.\d s/);
});

test('a process that keeps falling is tried again and again, ever more rarely, and ps says why it fell', async () => {
  await using cli = await testCli();
  const flag = join(cli.home, '..', 'fails');
  await cli.run(['up', '--detach'], { STUB_FAIL_WHILE: flag });
  writeFileSync(flag, '');
  await assert.rejects(cli.get('predictor', '/crash'));
  await until('it was tried twice', async () => (await cli.process('predictor')).restarts >= 2);
  await until('it is crashed', async () => (await cli.process('predictor')).state === 'crashed');
  assert.equal((await cli.process('predictor')).reason, 'failed: the configuration "demo" is not valid.');
  const waits = [...cli.log('supervisor').matchAll(/predictor .*next try is in ([\d.]+) s/g)].map((found) => Number(found[1]));
  assert.ok(waits.length >= 2 && waits.every((wait, index) => index === 0 || wait > (waits[index - 1] ?? 0)), String(waits));

  rmSync(flag);
  // Whoever asks does not have to wait for the next try.
  assert.equal((await cli.run(['start', 'predictor'])).code, 0);
  assert.equal((await cli.process('predictor')).state, 'ready');
});

test('waits double from 0.2 s to 10 s, with some chance in them', () => {
  const longest = [1, 2, 3, 4, 5, 6, 7, 8, 50].map((failures) => backoff(failures, () => 1));
  assert.deepEqual(longest, [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000]);
  assert.equal(
    backoff(1, () => 0),
    150,
  );
});

test('what a falling process cried on its way is in its log', async () => {
  await using cli = await testCli();
  await cli.run(['up', '--detach']);
  await cli.get('predictor', '/throw').catch(() => undefined);
  await until('the log has it', () => cli.log('predictor').includes('thrown on request'));
  await until('it has fallen', () => cli.log('supervisor').includes('predictor ended'));
  assert.match(
    cli.log('supervisor'),
    /predictor ended with code 1: Error: thrown on request; the next try/,
    'the error, not the last line of its stack',
  );
});

test('stopping a fallen process ends the tries', async () => {
  await using cli = await testCli();
  const flag = join(cli.home, '..', 'fails');
  await cli.run(['up', '--detach'], { STUB_FAIL_WHILE: flag });
  writeFileSync(flag, '');
  await assert.rejects(cli.get('predictor', '/crash'));
  await until('it has fallen again', async () => (await cli.process('predictor')).restarts >= 1);
  assert.equal((await cli.run(['stop', 'predictor'])).code, 0);
  const { state, restarts } = await cli.process('predictor');
  assert.equal(state, 'stopped');
  await cli.run(['restart', 'gateway']);
  assert.equal((await cli.process('predictor')).restarts, restarts);
});

test('a killed supervisor leaves no orphan, and the next start works', async () => {
  await using cli = await testCli();
  await cli.run(['up', '--detach']);
  const { supervisor, processes } = await cli.ps();
  process.kill(supervisor.pid, 'SIGKILL');
  await until('the orphans end', () => processes.every(({ pid }) => !isAlive(pid)), 5_000);
  assert.match(cli.log('gateway'), /drains: the supervisor is gone/);
  assert.equal((await cli.run(['ps'])).code, 3);
  assert.equal((await cli.run(['up', '--detach'])).code, 0);
});

test('orphans that do not end by themselves are ended by the next start', async () => {
  await using cli = await testCli();
  await cli.run(['up', '--detach'], { STUB_NEVER_ENDS: 'gateway' });
  const { supervisor, processes } = await cli.ps();
  process.kill(supervisor.pid, 'SIGKILL');
  const gateway = processes.find((entry) => entry.process === 'gateway')?.pid;
  assert.ok(isAlive(gateway));
  const up = await cli.run(['up', '--detach']);
  assert.equal(up.code, 0, up.err);
  assert.equal(isAlive(gateway), false);
});

test('down ends everything, also what a killed supervisor left, and is content when nothing runs', async () => {
  await using cli = await testCli();
  await cli.run(['up', '--detach'], { STUB_NEVER_ENDS: 'gateway' });
  const { supervisor, processes } = await cli.ps();
  process.kill(supervisor.pid, 'SIGKILL');
  await until('the supervisor is gone', () => !isAlive(supervisor.pid));
  const down = await cli.run(['down']);
  assert.equal(down.code, 0, down.err);
  assert.match(down.out, /^Ended what a killed supervisor had left: .*gateway/);
  for (const { pid } of processes) assert.equal(isAlive(pid), false);
  assert.equal((await cli.run(['down'])).out, 'Nothing runs.\n');
});

test('a process that does not drain is killed five seconds after the time that it has for draining', async () => {
  await using cli = await testCli();
  await cli.run(['up', '--detach'], { STUB_NEVER_ENDS: 'gateway', MLAB_HTTP_DRAIN_MS: '100' });
  const { pid } = await cli.process('gateway');
  const start = Date.now();
  assert.equal((await cli.run(['stop', 'gateway'])).code, 0);
  assert.equal(isAlive(pid), false);
  assert.ok(Date.now() - start >= 5_000);
});
