import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { stopPhases } from '../../apps/cli/src/supervisor/stop-phases.ts';
import { type KnownService, knownServices } from '../../apps/cli/src/topology/known-services.ts';
import { parseTopology } from '../../apps/cli/src/topology/parse-topology.ts';
import { planLab } from '../../apps/cli/src/topology/plan-lab.ts';
import { readTopology } from '../../apps/cli/src/topology/read-topology.ts';
import type { Topology } from '../../apps/cli/src/topology/topology.ts';
import { repository, testCli } from './cli-for-test.ts';

const KNOWN: readonly KnownService[] = [
  { name: 'gateway', port: 8000, needs: ['predictor', 'registry'] },
  { name: 'predictor', port: 8001, needs: [] },
  { name: 'registry', port: 8002, needs: [] },
];

const parse = (value: unknown): Topology => parseTopology(value, 'mine.json', KNOWN);
const placement = ({ processes }: Topology): Record<string, readonly string[]> =>
  Object.fromEntries(processes.map(({ name, services }) => [name, services]));

test('"rest" is all that is not named elsewhere, * one process for each of them, and nothing is left where nothing is left', () => {
  const predictor = { services: ['predictor'] };
  assert.deepEqual(placement(parse({ database: 'none', processes: { predictor, others: { services: 'rest' } } })), {
    predictor: ['predictor'],
    others: ['gateway', 'registry'],
  });
  assert.deepEqual(placement(parse({ database: 'none', processes: { predictor, '*': { services: 'rest' } } })), {
    predictor: ['predictor'],
    gateway: ['gateway'],
    registry: ['registry'],
  });
  const all = { services: ['predictor', 'gateway', 'registry'] };
  assert.deepEqual(placement(parse({ database: 'none', processes: { all, others: { services: 'rest' } } })), { all: all.services });
});

test('every topology that comes with the lab can be read, and places every service, but lab, which is the lab alone', () => {
  const names = readdirSync(join(repository, 'topologies'))
    .filter((file) => !file.includes('schema'))
    .map((file) => file.replace('.json', ''));
  assert.deepEqual(names.toSorted(), ['apart', 'default', 'lab', 'together']);
  const all = knownServices().length;
  for (const name of names) {
    const { processes } = readTopology(name);
    assert.equal(processes.flatMap(({ services }) => services).length, name === 'lab' ? 2 : all, name);
  }
  assert.equal(readTopology('together').processes.length, 1);
  assert.equal(readTopology('apart').processes.length, all);
});

test('the schema for editors knows the same fields', () => {
  const schema = JSON.parse(readFileSync(join(repository, 'topologies', 'topology.schema.json'), 'utf8')) as {
    properties: { processes: { additionalProperties: { properties: object } } };
  };
  const top = Object.keys(schema.properties).filter((name) => name !== '$schema');
  const process = Object.keys(schema.properties.processes.additionalProperties.properties);
  assert.throws(() => parse({ other: 1 }), new RegExp(`it takes \\$schema, ${top.join(', ')}\\.`));
  assert.throws(() => parse({ database: 'none', processes: { a: { other: 1 } } }), new RegExp(`it takes ${process.join(', ')}\\.`));
});

const one = (entry: object, name = 'all'): object => ({ database: 'none', processes: { [name]: { services: 'rest', ...entry } } });

for (const [what, value, sentence] of [
  ['no object', [], 'a topology takes an object, and is [].'],
  ['an unknown field', { databse: 1, ...one({}) }, 'a topology has a field "databse"; it takes $schema, database, processes.'],
  ['no database', { processes: {} }, 'database takes "embedded" or "none", and is missing.'],
  ['no process', { database: 'none', processes: {} }, 'there are no processes; name at least one.'],
  ['a list of processes', { database: 'none', processes: ['gateway'] }, 'processes takes an object, and is ["gateway"].'],
  [
    'an unknown service',
    one({ services: ['gatway'] }),
    'the process all has the service "gatway"; there are gateway, predictor, registry.',
  ],
  ['no service', one({ services: [] }), 'the services of all are a list of names or "rest", and not [].'],
  [
    'a service twice',
    { database: 'none', processes: { a: { services: ['gateway'] }, b: { services: ['gateway'] } } },
    'gateway is in the process a and again in b; a service runs in one process.',
  ],
  [
    'two rests',
    { database: 'none', processes: { a: { services: 'rest' }, b: { services: 'rest' } } },
    'a and b both take the rest of the services; only one process can.',
  ],
  ['a list for *', one({ services: ['gateway'] }, '*'), 'the services of * are "rest": it stands for one process for each of them.'],
  ['no name', one({}, 'A b'), '"A b" is no name for a process; it takes lower-case words joined by dashes, or *.'],
  ['a taken name', one({}, 'postgres'), 'a process cannot be called postgres; that name belongs to mlab.'],
  [
    'a misleading name',
    { database: 'none', processes: { gateway: { services: ['predictor'] }, b: { services: 'rest' } } },
    'a process is called gateway, and the service gateway runs in b; give the process another name.',
  ],
  ['no instances', one({ instances: 0 }), 'the instances of all are a whole number from 1 to 64, and not 0.'],
  ['half an instance', one({ instances: 1.5 }), 'the instances of all are a whole number from 1 to 64, and not 1.5.'],
  ['a number as a setting', one({ env: { MLAB_X: 1 } }), 'MLAB_X in the env of all is a text in quotes, and not 1.'],
  [
    'a port as a setting',
    one({ env: { MLAB_GATEWAY_PORT: '1' } }),
    'MLAB_GATEWAY_PORT cannot be in the env of all; ports have a field of their own, the rest is up to mlab.',
  ],
  ['no port', one({ ports: { gateway: 0 } }), 'the port of gateway is a whole number from 1 to 65535, and not 0.'],
  ['a port of another process', one({ ports: { nobody: 1 } }), 'the ports of all name nobody, which is not in that process.'],
] as const) {
  test(`a topology with ${what}: a sentence`, () => {
    assert.throws(() => parse(value), { name: 'CliError', message: `mine.json: ${sentence}` });
  });
}

test('a file that is no JSON: where it stops to be, in lines and columns', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mlab topology '));
  const file = join(folder, 'mine.json');
  try {
    for (const [text, position] of [
      ['{\n  "database": "none",\n}\n', 'line 3, column 1'],
      ['{\n  "database": none\n}\n', 'line 2, column 16'],
      ['{ "database": "none"', 'line 1, column 21'],
      ['', 'line 1, column 1'],
      [`{ "processes": { "a": 1 ]${' '.repeat(50)}}`, 'line 1, column 25'],
    ] as const) {
      writeFileSync(file, text);
      assert.throws(() => readTopology(file), new RegExp(`^CliError: ${file} is not JSON \\(${position}\\): [^.]+\\.$`), text);
    }
    assert.throws(() => readTopology(join(folder, 'none.json')), /none\.json cannot be read: there is no such file\.$/);
    assert.throws(
      () => readTopology('nobody'),
      /^CliError: There is no topology "nobody"; there are apart, default, lab, together, and any path/,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the environment places services: ports, neighbours, the database', () => {
  const lab = readTopology('lab');
  const peersOf = (env: NodeJS.ProcessEnv, listen?: string): unknown =>
    planLab(lab, env, listen).processes.find(({ name }) => name === 'gateway')?.peers;
  assert.deepEqual(peersOf({ MLAB_PREDICTOR_PORT: '9101' }), [{ service: 'predictor', url: 'http://127.0.0.1:9101' }]);
  const grpcOf = (env: NodeJS.ProcessEnv): unknown =>
    planLab(lab, env).processes.find(({ name }) => name === 'predictor')?.services[0]?.grpc?.port;
  assert.equal(grpcOf({}), 9001);
  assert.equal(grpcOf({ MLAB_PREDICTOR_GRPC_PORT: '9201' }), 9201);
  assert.throws(
    () => planLab(lab, { MLAB_GATEWAY_PORT: '9001' }),
    /gateway and predictor \(gRPC\) would both listen on port 9001; give one of them another by MLAB_GATEWAY_PORT or MLAB_PREDICTOR_GRPC_PORT/,
  );
  assert.deepEqual(peersOf({}, '10.0.0.1'), [{ service: 'predictor', url: 'http://10.0.0.1:8001' }]);
  assert.deepEqual(peersOf({}, '0.0.0.0'), [{ service: 'predictor', url: 'http://127.0.0.1:8001' }]);
  assert.deepEqual(peersOf({ SERVICE_B_URL: 'http://b/predict' }), []);
  assert.deepEqual(peersOf({ MLAB_PEER_PREDICTOR: 'http://b' }), []);
  assert.deepEqual(planLab(lab, {}).database, { kind: 'none' });
  assert.deepEqual(planLab(lab, { DATABASE_URL: 'postgres://x' }).database, { kind: 'external' });
  const usual = readTopology('default');
  assert.deepEqual(planLab(usual, {}).database, { kind: 'embedded' });
  assert.deepEqual(planLab(usual, { MLAB_POSTGRES_PORT: '5433' }).database, { kind: 'embedded', port: 5433 });
  assert.deepEqual(planLab(usual, { DATABASE_URL: 'postgres://x' }).database, { kind: 'external' });
});

test('instances that nobody could find are refused', () => {
  const value = {
    database: 'none',
    processes: { predictor: { services: ['predictor'], instances: 2 }, gateway: { services: ['gateway'] } },
  };
  const topology = parse(value);
  assert.throws(() => planLab(topology, {}), /^CliError: mine\.json: gateway would not find a second predictor: .*SERVICE_B_URL\.$/);
  assert.equal(planLab(topology, { DATABASE_URL: 'postgres://x' }).processes[0]?.instances, 2);
  // Nobody in the lab calls the gateway.
  const gateways = { ...value, processes: { predictor: { services: ['predictor'] }, gateway: { services: ['gateway'], instances: 2 } } };
  assert.equal(planLab(parse(gateways), {}).processes[1]?.instances, 2);
});

test('whoever calls ends before whom it calls, the rest at the same time, and a circle does not keep anybody', () => {
  const names = (list: readonly [string, readonly string[]][]): string[][] =>
    stopPhases(list.map(([name, neededBy]) => ({ name, neededBy }))).map((phase) => phase.map(({ name }) => name));
  assert.deepEqual(
    names([
      ['postgres', ['predictor', 'platform', 'gateway']],
      ['predictor', ['gateway', 'platform']],
      ['platform', ['gateway']],
      ['gateway', []],
    ]),
    [['gateway'], ['platform'], ['predictor'], ['postgres']],
  );
  assert.deepEqual(
    names([
      ['a', []],
      ['b', []],
      ['c', ['gone']],
    ]),
    [['a', 'b', 'c']],
  );
  assert.deepEqual(
    names([
      ['a', ['b']],
      ['b', ['a']],
      ['db', ['a', 'b']],
    ]),
    [['a', 'b', 'db']],
  );
});

test('up --topology runs what the file says: processes, their settings, their ports', async () => {
  await using cli = await testCli();
  const file = join(cli.home, '..', 'mine.json');
  const both = { services: ['gateway', 'predictor'], env: { STUB_SETTING: 'mine' }, ports: { predictor: cli.ports.predictor } };
  writeFileSync(file, JSON.stringify({ database: 'none', processes: { both } }));
  const { code, err } = await cli.run(['up', '--detach', '--topology', file], { MLAB_PREDICTOR_PORT: '', STUB_SETTING: 'general' });
  assert.equal(code, 0, err);
  const { processes } = await cli.ps();
  assert.deepEqual(
    processes.map(({ process, services }) => [process, services.map(({ name, port }) => [name, port])]),
    [
      [
        'both',
        [
          ['gateway', cli.ports.gateway],
          ['predictor', cli.ports.predictor],
        ],
      ],
    ],
  );
  assert.match(await cli.get('predictor'), /"setting":"mine"/);
  assert.equal((await cli.run(['stop', 'predictor'])).out, 'both is stopped.\n', 'a service is where its process is');
  assert.match((await cli.run(['logs', 'predictor'])).out, /"msg":"serves"/);
});

test('up --listen is for every process, and is refused at once where it would let everybody in', async () => {
  await using cli = await testCli();
  const refused = await cli.run(['up', '--listen', '0.0.0.0']);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /^Listening on 0\.0\.0\.0 would let anybody who reaches this machine use the services\..*\n$/);
  assert.equal(refused.out, '');
  await cli.run(['up', '--detach', '--listen', '0.0.0.0'], { MLAB_ALLOW_UNPROTECTED: 'yes' });
  assert.match(await cli.get('gateway'), /"listen":"0\.0\.0\.0"/);
  assert.match(await cli.get('gateway'), new RegExp(`predictor=http://127.0.0.1:${cli.ports.predictor}`));
});
