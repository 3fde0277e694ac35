import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ProcessStatus } from '../../apps/cli/src/supervisor/process-status.ts';
import { isAlive, testCli, type TestCli, until } from './cli-for-test.ts';

/** As if there were a database; the stub does not look. */
const DATABASE = { DATABASE_URL: 'postgres://127.0.0.1:1/nowhere' };

const instancesOf = async (cli: TestCli, name: string): Promise<readonly ProcessStatus[]> =>
  (await cli.ps()).processes.filter(({ process }) => process === name || process.startsWith(`${name}.`));

const portOf = ({ services }: ProcessStatus): number | undefined => services[0]?.port;

test('scale starts instances on free ports beside the first one, and drains the highest first', async () => {
  await using cli = await testCli();
  await cli.run(['up', '--detach'], DATABASE);
  const [first] = await instancesOf(cli, 'predictor');
  const up = await cli.run(['scale', 'predictor', '3']);
  assert.deepEqual({ code: up.code, out: up.out, err: up.err }, { code: 0, out: 'predictor is scaled.\n', err: '' });

  const three = await instancesOf(cli, 'predictor');
  assert.deepEqual(
    three.map(({ process, state }) => [process, state]),
    [
      ['predictor', 'ready'],
      ['predictor.2', 'ready'],
      ['predictor.3', 'ready'],
    ],
  );
  assert.equal(three[0]?.pid, first?.pid, 'who runs goes on');
  assert.equal(new Set(three.map(portOf)).size, 3);
  for (const instance of three) {
    const answer = (await (await fetch(`http://127.0.0.1:${portOf(instance)}`)).json()) as {
      pid: number;
      args: string[];
      databaseUrl: string;
    };
    assert.equal(answer.pid, instance.pid);
    assert.equal(answer.databaseUrl, DATABASE.DATABASE_URL);
    assert.ok(!answer.args.includes('--peer'), 'they find each other through the database');
  }
  assert.match((await cli.run(['logs', 'predictor'])).out, /"process":"supervisor"|"msg":"serves"/);
  assert.match(cli.log('predictor.3'), /"msg":"serves"/);

  assert.equal((await cli.run(['scale', 'predictor=1', 'gateway=2'])).code, 0);
  assert.deepEqual(
    (await cli.ps()).processes.map(({ process }) => process),
    ['predictor', 'gateway', 'gateway.2'],
  );
  assert.match(cli.log('predictor.3'), /drains: SIGTERM[^]*has ended/);
  assert.match(cli.log('supervisor'), /predictor\.3 has stopped[^]*predictor\.2 stops/);
  assert.deepEqual(
    three.map(({ pid }) => isAlive(pid)),
    [true, false, false],
  );

  assert.equal((await cli.run(['scale', 'gateway', '0'])).code, 0);
  assert.deepEqual(
    (await instancesOf(cli, 'gateway')).map(({ process, state }) => [process, state]),
    [['gateway', 'stopped']],
  );
  assert.equal((await cli.run(['start', 'gateway'])).code, 0);
});

test('without a database a second instance that nobody could find is refused', async () => {
  await using cli = await testCli();
  await cli.run(['up', '--detach']);
  const { code, out, err } = await cli.run(['scale', 'predictor', '2']);
  assert.deepEqual({ code, out }, { code: 1, out: '' });
  assert.match(err, /^gateway would not find a second predictor: .* set DATABASE_URL, .* SERVICE_B_URL\.\n$/);
  assert.equal((await cli.run(['scale', 'predictor', '1'])).code, 0);
  assert.equal((await cli.run(['scale', 'gateway', '2'])).code, 0);
});

test('an instance that falls is started again, and one that is stopped alone leaves the others', async () => {
  await using cli = await testCli();
  await cli.run(['up', '--detach'], DATABASE);
  await cli.run(['scale', 'predictor', '2']);
  const [first, second] = await instancesOf(cli, 'predictor');
  process.kill(second?.pid ?? 0, 'SIGKILL');
  await until('it is back', async () => {
    const now = await cli.process('predictor.2');
    return now.restarts === 1 && now.state === 'ready';
  });
  assert.equal((await cli.process('predictor')).pid, first?.pid);
  assert.equal((await cli.run(['stop', 'predictor.2'])).out, 'predictor.2 is stopped.\n');
  assert.equal((await cli.process('predictor')).state, 'ready');
  assert.equal((await cli.run(['restart', 'predictor.2'])).code, 0);
  assert.equal((await cli.process('predictor')).pid, first?.pid);
});

test('an instance that cannot start says so, and the others run', async () => {
  await using cli = await testCli();
  const flag = join(cli.home, '..', 'fails');
  await cli.run(['up', '--detach'], { ...DATABASE, STUB_FAIL_WHILE: flag });
  writeFileSync(flag, '');
  const { code, err } = await cli.run(['scale', 'predictor', '2']);
  assert.equal(code, 1);
  assert.equal(err, 'predictor.2 failed: the configuration "demo" is not valid.\n');
  assert.equal((await cli.process('predictor')).state, 'ready');
  rmSync(flag);
  await until('it comes up', async () => (await cli.process('predictor.2')).state === 'ready');
});

test('a restart is rolling: an instance on a free port has its successor before it ends, and one always serves', async () => {
  await using cli = await testCli();
  await cli.run(['up', '--detach'], DATABASE);
  await cli.run(['scale', 'predictor', '3']);
  const before = await instancesOf(cli, 'predictor');
  const logged = cli.log('supervisor').length;
  assert.equal((await cli.run(['restart', 'predictor'])).out, 'predictor is ready.\n');
  const after = await instancesOf(cli, 'predictor');
  assert.deepEqual(
    after.map(({ process, state, restarts }) => [process, state, restarts]),
    ['predictor', 'predictor.2', 'predictor.3'].map((name) => [name, 'ready', 0]),
  );
  for (const { pid } of before) assert.equal(isAlive(pid), false);
  assert.equal(portOf(after[0] as ProcessStatus), cli.ports.predictor);

  const news = [
    ...cli
      .log('supervisor')
      .slice(logged)
      .matchAll(/"msg":"(predictor[.\d]*) (is ready|stops|has stopped)/g),
  ];
  assert.deepEqual(
    news.map(([, name, what]) => `${name} ${what}`),
    [
      'predictor.3 is ready',
      'predictor.3 stops',
      'predictor.3 has stopped',
      'predictor.2 is ready',
      'predictor.2 stops',
      'predictor.2 has stopped',
      'predictor stops',
      'predictor has stopped',
      'predictor is ready',
    ],
  );
});

test('a successor that cannot start leaves the old one at work, and the restart ends there', async () => {
  await using cli = await testCli();
  const flag = join(cli.home, '..', 'fails');
  await cli.run(['up', '--detach'], { ...DATABASE, STUB_FAIL_WHILE: flag });
  await cli.run(['scale', 'predictor', '2']);
  const before = await instancesOf(cli, 'predictor');
  writeFileSync(flag, '');
  const { code, err } = await cli.run(['restart', 'predictor']);
  assert.equal(code, 1);
  assert.equal(err, 'predictor.2 is not replaced and goes on: predictor.2 failed: the configuration "demo" is not valid.\n');
  const pids = (instances: readonly ProcessStatus[]): unknown => instances.map(({ pid, state }) => [pid, state]);
  assert.deepEqual(pids(await instancesOf(cli, 'predictor')), pids(before));
});

test('restart without a name renews one process after the other', async () => {
  await using cli = await testCli();
  await cli.run(['up', '--detach']);
  const before = await cli.ps();
  assert.equal((await cli.run(['restart'])).out, 'predictor and gateway are ready.\n');
  const after = await cli.ps();
  for (const [index, { pid }] of before.processes.entries()) assert.notEqual(after.processes[index]?.pid, pid);
  assert.match(cli.log('supervisor'), /predictor has stopped[^]*predictor is ready[^]*gateway stops/);
});

test('stop and down do not wait for a start or a restart that hangs', async () => {
  await using cli = await testCli();
  await cli.run(['up', 'gateway', '--detach'], { STUB_HANG: 'predictor' });
  const start = cli.begin(['start', 'predictor']);
  await until('it starts', async () => (await cli.process('predictor')).state === 'starting');
  assert.equal((await cli.run(['stop', 'predictor'])).out, 'predictor is stopped.\n');
  const { code, err } = await start.ended;
  assert.deepEqual({ code, err }, { code: 1, err: 'predictor was stopped before it was ready.\n' });
  const again = cli.begin(['restart', 'predictor']);
  await until('it starts again', async () => (await cli.process('predictor')).state === 'starting');
  assert.equal((await cli.run(['down'])).code, 0);
  assert.equal((await again.ended).code, 1);
});
