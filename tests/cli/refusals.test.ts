import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { testCli, until } from './cli-for-test.ts';

const ONE_SENTENCE = /^[^\n]+\.\n$/;

test('a port that is taken: a sentence with the port, the service, the holder and the way out; the others run', async () => {
  await using cli = await testCli();
  const server = createServer().listen(cli.ports.gateway, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { code, out } = await cli.run(['up', '--detach']);
    assert.equal(code, 1);
    const { reason = '', state } = await cli.process('gateway');
    assert.notEqual(state, 'ready');
    assert.ok(out.endsWith(`  gateway ${reason}\n`), out);
    assert.ok(reason.startsWith(`cannot start: Port ${cli.ports.gateway} for gateway is taken by `), reason);
    assert.match(reason, /MLAB_GATEWAY_PORT=\d+ npm start/);
    if (process.platform === 'linux') assert.ok(reason.includes(`process ${process.pid} (`), reason);
    assert.match(await cli.get('predictor'), /predictor/);
  } finally {
    server.close();
  }
  await until('the port is free, and the gateway has it', async () => (await cli.process('gateway')).state === 'ready');
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
  const { code, err } = await cli.run(['up', 'predictor']);
  server.close();
  assert.equal(code, 1);
  assert.match(err, /^predictor cannot start: Port \d+ for predictor is taken by /);
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
    ['scale'],
    ['scale', 'predictor'],
    ['scale', 'predictor', 'many'],
    ['scale', 'predictor=-1'],
    ['scale', 'predictor=65'],
    ['logs', '-n', 'many'],
    ['bench', 'nothing'],
  ];
  for (const args of wrong) {
    const { code, out, err } = await cli.run(args);
    assert.equal(code, 2, `${args.join(' ')}: ${err}`);
    assert.equal(out, '');
    assert.match(err, ONE_SENTENCE, args.join(' '));
  }
  const { code, out, err } = await cli.begin(['fly']).ended;
  assert.deepEqual([code, out], [2, ''], 'so ends the process, too');
  assert.match(err, ONE_SENTENCE);
});

test('acting on a service when nothing runs: a sentence, code 3; on one that there is not: its name, code 2', async () => {
  await using cli = await testCli();
  for (const action of ['stop', 'start', 'restart']) {
    const { code, err } = await cli.run([action, 'gateway']);
    assert.equal(code, 3);
    assert.equal(err, 'Nothing runs; npm start (or mlab up) starts the lab.\n');
  }
  await cli.run(['up', '--detach']);
  for (const args of [
    ['stop', 'nobody'],
    ['restart', 'gateway.2'],
    ['scale', 'nobody', '2'],
  ]) {
    const { code, out, err } = await cli.run(args);
    assert.deepEqual({ code, out }, { code: 2, out: '' });
    assert.equal(err, `There is no service "${args[1]}"; there are predictor, gateway.\n`);
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

test('doctor tells which database there will be, and why there will be none', async () => {
  await using cli = await testCli();
  const about = async (env: NodeJS.ProcessEnv): Promise<string> =>
    (await cli.run(['doctor'], env)).out.split('\n').find((line) => / (database|topology) /.test(line)) ?? '';
  assert.match(await about({}), /ok +database +none: the topology has none\./);
  assert.match(await about({ MLAB_TOPOLOGY: cli.withDatabase }), /ok +database +PostgreSQL \d+\.\d+ comes with the lab/);
  assert.match(await about({ MLAB_TOPOLOGY: 'nobody' }), /problem +topology +There is no topology "nobody"/);
  assert.match(
    await about({ DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/mine' }),
    /problem +database +127\.0\.0\.1:1\/mine \(DATABASE_URL\) cannot be reached: .*ECONNREFUSED/,
  );
  assert.match(await about({ DATABASE_URL: 'mine' }), /problem +database +DATABASE_URL is not a URL/);
  const url = process.env['MLAB_TEST_DATABASE_URL'];
  if (url !== undefined) assert.match(await about({ DATABASE_URL: url }), /ok +database +PostgreSQL \d+\S* .*at .* \(DATABASE_URL\)/);
});

test('doctor looks at NATS where events go through it, and nowhere else', async () => {
  await using cli = await testCli();
  const about = async (env: NodeJS.ProcessEnv): Promise<string | undefined> =>
    (await cli.run(['doctor'], env)).out.split('\n').find((line) => line.includes(' events '));
  assert.equal(await about({}), undefined);
  const nats = { MLAB_EVENTS_BUS: 'nats' };
  assert.match(
    (await about({ ...nats, NATS_URL: 'nats://127.0.0.1:1' })) ?? '',
    /problem +events +No NATS answers at nats:\/\/127\.0\.0\.1:1; /,
  );
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const well = await about({ ...nats, NATS_URL: `nats://127.0.0.1:1,nats://127.0.0.1:${port}` });
  server.close();
  assert.match(well ?? '', new RegExp(`ok +events +NATS answers at 127\\.0\\.0\\.1:${port}`));
});
