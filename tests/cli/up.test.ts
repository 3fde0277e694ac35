import assert from 'node:assert/strict';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isAlive, testCli, until } from './cli-for-test.ts';

test('up starts everything, shows one table and how to try it, and Ctrl-C ends it in reverse order with code 0', async () => {
  await using cli = await testCli();
  const up = cli.begin(['up']);
  await up.says('End it');
  assert.match(up.out(), new RegExp(`predictor +predictor +http://127.0.0.1:${cli.ports.predictor} +\\d+ +ready`));
  assert.match(up.out(), new RegExp(`gateway +gateway +http://127.0.0.1:${cli.ports.gateway} +\\d+ +ready`));
  assert.match(up.out(), new RegExp(`curl http://127.0.0.1:${cli.ports.gateway}/process -H .* -d '\\{`));
  assert.match(up.out(), new RegExp(`http://127.0.0.1:${cli.ports.gateway}/docs`));
  const { processes } = await cli.ps();
  up.interrupt();
  const { code, err } = await up.ended;
  assert.equal(code, 0, err);
  assert.equal(err, '');
  for (const { pid } of processes) assert.equal(isAlive(pid), false);
  assert.match(cli.log('supervisor'), /gateway has stopped[^]*predictor stops/);
  // The terminal's Ctrl-C is for the supervisor; the processes hear of it in their turn.
  assert.match(cli.log('gateway'), /drains: SIGTERM/);
  assert.doesNotMatch(cli.log('gateway'), /drains: SIGINT/);
});

test('the gateway is told where the predictor is, unless the person has placed it elsewhere', async () => {
  await using cli = await testCli();
  await cli.run(['up', '--detach']);
  assert.match(await cli.get('gateway'), new RegExp(`"--peer","predictor=http://127.0.0.1:${cli.ports.predictor}"`));
  await cli.run(['down']);
  await cli.run(['up', '--detach'], { SERVICE_B_URL: 'http://10.0.0.1/predict' });
  assert.doesNotMatch(await cli.get('gateway'), /--peer/);
});

test('SIGTERM drains and ends everything with code 0', async () => {
  await using cli = await testCli();
  const up = cli.begin(['up']);
  await up.says('End it');
  const { processes } = await cli.ps();
  up.child.kill('SIGTERM');
  assert.equal((await up.ended).code, 0);
  for (const { pid } of processes) assert.equal(isAlive(pid), false);
});

test('Ctrl-C during the start ends what has started', async () => {
  await using cli = await testCli();
  const up = cli.begin(['up'], { env: { STUB_HANG: 'gateway' } });
  await until('the gateway starts', async () => (await cli.run(['ps'])).code === 0 && (await cli.process('gateway')).state === 'starting');
  const { processes } = await cli.ps();
  up.interrupt();
  const { code, err } = await up.ended;
  assert.deepEqual({ code, err }, { code: 0, err: '' });
  for (const { pid } of processes) assert.equal(isAlive(pid), false);
});

test('a second Ctrl-C does not wait for a process that never ends', async () => {
  await using cli = await testCli();
  const up = cli.begin(['up'], { env: { STUB_NEVER_ENDS: 'gateway' } });
  await up.says('End it');
  up.interrupt();
  await until('the gateway drains', () => cli.log('gateway').includes('drains'));
  assert.equal((await cli.process('gateway')).state, 'stopping', 'what is still there is still shown');
  // Ctrl-C within half a second counts as the same one: it comes from the terminal, from npm and from the bootstrap.
  const again = setInterval(() => up.interrupt(), 600);
  const start = Date.now();
  const { code } = await up.ended;
  clearInterval(again);
  assert.equal(code, 0);
  assert.ok(Date.now() - start < 8_000, 'it waited for the drain to time out');
});

test('one Ctrl-C that arrives several times, from the terminal, npm and the bootstrap, is one', async () => {
  await using cli = await testCli();
  const up = cli.begin(['up'], { env: { STUB_DRAINS_LONG: 'gateway' } });
  await up.says('End it');
  up.interrupt();
  up.child.kill('SIGTERM');
  assert.equal((await up.ended).code, 0);
  assert.match(cli.log('gateway'), /has ended/, 'it was not cut short');
});

test('what does not start at once is named with its reason, also when it runs by the time that all else does', async () => {
  await using cli = await testCli();
  const once = join(cli.home, '..', 'once');
  writeFileSync(once, 'predictor');
  // The gateway is ready only once the predictor is, which is then at its second try.
  const up = await cli.run(['up', '--detach'], { STUB_FAIL_ONCE: once, STUB_FINDS: 'gateway' });
  assert.equal(up.code, 0, up.err);
  assert.match(up.out, /What did not start at once, and runs by now\n {2}predictor failed: the configuration "demo" is not valid\.\n$/);
  assert.equal((await cli.process('predictor')).restarts, 1);
  await cli.run(['down']);
  const ill = await cli.run(['up', '--detach'], { STUB_HANG: 'predictor', MLAB_READY_SECONDS: '1.5' });
  assert.equal(ill.code, 1);
  assert.match(ill.out, /What does not run [^\n]*\n {2}predictor was not ready within 1\.5 s\.\n$/);
});

test('up --detach returns when all is ready, and what runs goes on', async () => {
  await using cli = await testCli();
  const { code, out } = await cli.run(['up', '--detach']);
  assert.equal(code, 0);
  assert.match(out, /gateway .* ready/);
  assert.match(out, /mlab down/);
  assert.match(await cli.get('gateway'), /"name":"gateway"/);
  assert.equal((await cli.run(['down'])).code, 0);
  assert.equal((await cli.run(['ps'])).code, 3);
});

test('up with a name starts that one alone; naming another one later starts it too', async () => {
  await using cli = await testCli();
  const first = cli.begin(['up', 'gateway']);
  await first.says('End it');
  assert.equal((await cli.process('gateway')).state, 'ready');
  assert.equal((await cli.process('predictor')).state, 'stopped');
  const second = await cli.run(['up', 'predictor']);
  assert.equal(second.code, 0, second.err);
  assert.equal((await cli.process('predictor')).state, 'ready');
  const third = await cli.run(['up', 'predictor']);
  assert.equal(third.code, 1);
  assert.match(third.err, /^mlab already runs \(its supervisor is process \d+\): .*\.\n$/);
});

test('of two starts at once one is up, and the other says so', async () => {
  await using cli = await testCli();
  const both = await Promise.all([cli.begin(['up', '-d']).ended, cli.begin(['up', '-d']).ended]);
  assert.deepEqual(new Set(both.map(({ code }) => code)), new Set([0, 1]));
  assert.match(both.find(({ code }) => code === 1)?.err ?? '', /^mlab already runs \(its supervisor is process \d+\)/);
  assert.equal((await cli.process('gateway')).state, 'ready');
});

test('a process that cannot start says why, the others run, and it is tried until it can', async () => {
  await using cli = await testCli();
  const flag = join(cli.home, '..', 'fails');
  writeFileSync(flag, 'gateway');
  const { code, out } = await cli.run(['up', '--detach'], { STUB_FAIL_WHILE: flag });
  assert.equal(code, 1);
  assert.match(out, /predictor +predictor .* ready/);
  assert.match(out, /What does not run .*\n {2}gateway failed: the configuration "demo" is not valid\.\n$/);
  assert.match(await cli.get('predictor'), /predictor/);
  assert.match((await cli.run(['ps'])).out, /\n {2}gateway failed: the configuration "demo" is not valid\.\n/);

  rmSync(flag);
  await until('the gateway is up', async () => (await cli.process('gateway')).state === 'ready');
});

test('in the foreground, too, one that cannot start does not end the others', async () => {
  await using cli = await testCli();
  const up = cli.begin(['up'], { env: { STUB_FAIL: 'gateway', STUB_LINGER: 'gateway' } });
  await up.says('gateway failed: the configuration "demo" is not valid.');
  assert.match(await cli.get('predictor'), /predictor/);
  up.interrupt();
  assert.equal((await up.ended).code, 0);
});

test('when nothing can start, nothing is left running, and each says why', async () => {
  await using cli = await testCli();
  for (const args of [['up'], ['up', '--detach']]) {
    const { code, out, err } = await cli.run(args, { STUB_FAIL: 'gateway', STUB_HANG: 'predictor', MLAB_READY_SECONDS: '1.5' });
    assert.equal(code, 1);
    assert.equal(out, '');
    assert.equal(err, 'predictor was not ready within 1.5 s.\ngateway failed: the configuration "demo" is not valid.\n');
    assert.equal((await cli.run(['ps'])).code, 3);
  }
  const wrong = await cli.run(['up'], { MLAB_READY_SECONDS: 'soon' });
  assert.equal(wrong.err, 'MLAB_READY_SECONDS is "soon"; give a number of seconds from 0.1 to 3600.\n');
});

test('the folder for data and logs is for its owner alone', async () => {
  await using cli = await testCli();
  await cli.run(['up', '--detach']);
  assert.equal(statSync(cli.home).mode & 0o777, 0o700);
  assert.equal(statSync(join(cli.home, 'control.sock')).mode & 0o777, 0o600);
});

test('a home whose path is too long for a socket works all the same', async () => {
  await using cli = await testCli(`mlab ${'long '.repeat(25)}`);
  assert.equal((await cli.run(['up', '--detach'])).code, 0);
  assert.equal((await cli.process('gateway')).state, 'ready');
  assert.equal((await cli.run(['down'])).code, 0);
});
