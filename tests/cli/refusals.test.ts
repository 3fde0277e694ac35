import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { testCli } from './cli-for-test.ts';

const ONE_SENTENCE = /^[^\n]+\.\n$/;

test('a port that is taken: one sentence with the port, the service, the holder and the way out', async () => {
  await using cli = await testCli();
  const server = createServer().listen(cli.ports.gateway, '127.0.0.1');
  await once(server, 'listening');
  try {
    for (const args of [['up'], ['up', '--detach']]) {
      const { code, out, err } = await cli.run(args);
      assert.equal(code, 1);
      assert.equal(out, '');
      assert.match(err, ONE_SENTENCE);
      assert.ok(err.startsWith(`Port ${cli.ports.gateway} for gateway is taken by `), err);
      assert.match(err, /MLAB_GATEWAY_PORT=\d+ npm start/);
      if (process.platform === 'linux') assert.ok(err.includes(`process ${process.pid} (`), err);
    }
    assert.doesNotMatch(cli.log('supervisor'), /predictor starts/, 'nothing may start when not everything can');
  } finally {
    server.close();
  }
});

test('a port that is taken for IPv6 alone is taken: localhost may mean it', async (t) => {
  await using cli = await testCli();
  const server = createServer().listen(cli.ports.predictor, '::1');
  try {
    await once(server, 'listening');
  } catch {
    t.skip('there is no IPv6 here');
    return;
  }
  const { code, err } = await cli.run(['up']);
  server.close();
  assert.equal(code, 1);
  assert.match(err, /^Port \d+ for predictor is taken by /);
});

test('what is no port, or is one port for two, is refused by name', async () => {
  await using cli = await testCli();
  for (const port of ['abc', '0', '70000', '80.5']) {
    const { code, err } = await cli.run(['up'], { MLAB_GATEWAY_PORT: port });
    assert.equal(code, 1);
    assert.equal(err, `MLAB_GATEWAY_PORT is "${port}", which is not a port; give a number from 1 to 65535.\n`);
  }
  const both = await cli.run(['up'], { MLAB_GATEWAY_PORT: '8123', MLAB_PREDICTOR_PORT: '8123' });
  assert.equal(both.code, 1);
  assert.match(both.err, ONE_SENTENCE);
});

test('a home that cannot be written: one sentence, code 1', async () => {
  await using cli = await testCli();
  const file = `${cli.home}.txt`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
  for (const home of [file, `${file}/below`]) {
    for (const args of [['up'], ['up', '--detach'], ['down']]) {
      const { code, out, err } = await cli.run(args, { MLAB_HOME: home });
      assert.deepEqual(
        { code, out, err },
        { code: 1, out: '', err: `${home} cannot be written; make it a writable folder, or set MLAB_HOME to one that is.\n` },
      );
    }
    const doctor = await cli.run(['doctor'], { MLAB_HOME: home });
    assert.equal(doctor.code, 1);
    assert.match(doctor.out, /problem +MLAB_HOME +.* cannot be written/);
  }
});

test('unknown commands, services and flags: one sentence, code 2', async () => {
  await using cli = await testCli();
  const wrong = [
    ['fly'],
    ['constructor'],
    ['up', 'nobody'],
    ['up', '--fast'],
    ['ps', '--json=3'],
    ['stop'],
    ['stop', 'nobody'],
    ['logs', '-n', 'many'],
    ['bench', 'nothing'],
  ];
  for (const args of wrong) {
    const { code, out, err } = await cli.run(args);
    assert.equal(code, 2, `${args.join(' ')}: ${err}`);
    assert.equal(out, '');
    assert.match(err, ONE_SENTENCE, args.join(' '));
  }
});

test('acting on a service when nothing runs: a sentence, code 3', async () => {
  await using cli = await testCli();
  for (const action of ['stop', 'start', 'restart']) {
    const { code, err } = await cli.run([action, 'gateway']);
    assert.equal(code, 3);
    assert.equal(err, 'Nothing runs; npm start (or mlab up) starts the lab.\n');
  }
});

test('help and version name the commands and the versions', async () => {
  await using cli = await testCli();
  for (const args of [['help'], ['--help'], []]) {
    const { code, out } = await cli.run(args);
    assert.equal(code, 0);
    for (const command of ['up', 'ps', 'logs', 'stop', 'start', 'restart', 'down', 'doctor', 'test', 'check', 'bench'])
      assert.match(out, new RegExp(`^  ${command}\\b`, 'm'));
  }
  for (const command of ['up', 'logs', 'doctor', 'test', 'bench']) {
    const { code, out } = await cli.run([command, '--help']);
    assert.equal(code, 0);
    assert.ok(out.startsWith(`mlab ${command} `), out);
  }
  assert.match((await cli.run(['version'])).out, /^mlab \d+\.\d+\.\d+ \(Node \d+/);
});

test('doctor tells what is well and what is not, and by whom a port is held', async () => {
  await using cli = await testCli();
  const well = await cli.run(['doctor', '--json']);
  assert.equal(well.code, 0, well.out);
  const { findings } = JSON.parse(well.out) as { findings: { level: string; about: string; says: string }[] };
  const abouts = findings.map(({ about }) => about);
  for (const about of [
    'platform',
    'node',
    'npm',
    'packages',
    'MLAB_HOME',
    'disk',
    'memory',
    `port ${cli.ports.gateway}`,
    `port ${cli.ports.predictor}`,
  ])
    assert.ok(abouts.includes(about), about);

  await cli.run(['up', 'predictor', '--detach']);
  const server = createServer().listen(cli.ports.gateway, '127.0.0.1');
  await once(server, 'listening');
  const ill = await cli.run(['doctor']);
  server.close();
  assert.equal(ill.code, 1);
  assert.match(ill.out, new RegExp(`ok +port ${cli.ports.predictor} +predictor of this lab \\(process \\d+\\)`));
  assert.match(ill.out, new RegExp(`problem +port ${cli.ports.gateway} +Port ${cli.ports.gateway} for gateway is taken by`));
  assert.match(ill.out, /1 thing keeps the lab from starting\.\n$/);
});
