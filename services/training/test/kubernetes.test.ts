import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AppError, type Objects } from '@mlab/kernel';
import { Value, type TSchema } from '@mlab/schema';
import { Job } from 'kubernetes-models/batch/v1/Job';
import type { Program } from '#/command/executor.ts';
import { kubernetesExecutor } from '#/command/kubernetes-executor.ts';
import { kubernetesJob, type KubernetesPlace } from '#/command/kubernetes-job.ts';
import { config, type Config } from '#/config.ts';
import { openConfiguredPrograms } from '#/remote/open-programs.ts';
import type { RemoteOrder } from '#/remote/order.ts';
import { remoteThreads } from '#/remote/remote-threads.ts';

const place: KubernetesPlace = { namespace: 'ml', image: 'python:3.13', serviceAccount: '', secrets: [], keepSeconds: 60 };
const program: Program = {
  id: 'mlab-0123456789abcdef-0',
  command: ['python', '-c', 'print("$(HOME)")'],
  env: { MLFLOW_TRACKING_URI: 'http://gateway:8000/mlflow', ODD: '$(PATH) and $$' },
  memoryBytes: 2 ** 32,
  cpus: 2,
  image: undefined,
  seesToMemory: false,
};

for (const [what, changes] of [
  ['as it is', {}],
  ['with all that may be said of its place', { serviceAccount: 'trainer', secrets: ['tracking', 'data'] }],
] as const)
  test(`a Job is what Kubernetes describes in its schemas: ${what}`, () => {
    const manifest = kubernetesJob({ ...program, image: 'mine:1' }, { ...place, ...changes });
    new Job(manifest).validate();
    const wrong = { ...manifest, spec: { ...manifest.spec, backoffLimit: 'none' } };
    assert.throws(() => new Job(wrong as unknown as ConstructorParameters<typeof Job>[0]).validate(), /backoffLimit/);
  });

test('a variable is what it is, and nothing that Kubernetes would put in its place', () => {
  const [container] = kubernetesJob(program, place).spec.template.spec.containers;
  assert.deepEqual(container?.env.at(-1), { name: 'ODD', value: '$$(PATH) and $$' });
  assert.deepEqual(container?.command, ['python', '-c', 'print("$$(HOME)")']);
});

const readDefaults = (): Config => Value.Default((config as unknown as { json: TSchema }).json, {}) as Config;

type Json = Readonly<Record<string, unknown>>;

interface Cluster extends AsyncDisposable {
  readonly config: string;
  /** What was asked: `POST /apis/…`. */
  readonly asked: string[];
  /** What it answers of the job and of its pod. */
  become(job: Json, pod?: Json, log?: string): void;
  refuse(status: number, message: string): void;
}

/** Speaks as much of Kubernetes as one Job needs. */
async function startCluster(): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), 'mlab-kube-'));
  const asked: string[] = [];
  let status: Json = {};
  let pods: readonly Json[] = [];
  let log = '';
  let refusal: { readonly code: number; readonly message: string } | undefined;
  let exists = false;
  const server = createServer((request, response) => {
    const { method = '', url = '' } = request;
    const path = url.split('?', 1)[0] ?? '';
    asked.push(`${method} ${path}`);
    request.resume();
    const answer = (code: number, body: unknown): void => {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      response.writeHead(code, { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json' }).end(text);
    };
    const fail = (code: number, message: string): void => answer(code, { kind: 'Status', status: 'Failure', code, message });
    if (refusal !== undefined) return fail(refusal.code, refusal.message);
    if (method === 'POST') {
      if (exists) return fail(409, 'already exists');
      exists = true;
      return answer(201, { metadata: {} });
    }
    if (method === 'DELETE') {
      exists = false;
      return answer(200, {});
    }
    if (path.endsWith('/log')) return answer(200, log);
    if (path.endsWith('/pods')) return answer(200, { items: pods });
    return exists ? answer(200, { metadata: {}, status }) : fail(404, 'not found');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const config = join(folder, 'config');
  const clusters = [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }];
  const contexts = [{ name: 'c', context: { cluster: 'c', user: 'u' } }];
  await writeFile(
    config,
    JSON.stringify({ apiVersion: 'v1', kind: 'Config', 'current-context': 'c', clusters, contexts, users: [{ name: 'u', user: {} }] }),
  );
  return {
    config,
    asked,
    become: (job, pod, said = '') => {
      status = job;
      pods = pod === undefined ? [] : [{ metadata: { name: 'pod-1' }, status: { containerStatuses: [{ state: pod }] } }];
      log = said;
    },
    refuse: (code, message) => (refusal = { code, message }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const open = (cluster: Cluster) => kubernetesExecutor({ place, config: cluster.config, pollMs: 5 });

test('a program runs as a Job, what it says is told line by line as it comes, and how it ends', async () => {
  await using cluster = await startCluster();
  cluster.become({ active: 1 }, { running: {} }, 'one\ntw');
  const lines: string[] = [];
  const end = await open(cluster).run(program, {
    signal: AbortSignal.timeout(10_000),
    onLine: (line) => {
      lines.push(line);
      cluster.become({ succeeded: 1 }, { terminated: { exitCode: 0 } }, 'one\ntwo\nno end');
    },
  });
  assert.deepEqual(end, { succeeded: true, sentence: 'It ended with code 0.' });
  assert.deepEqual(lines, ['one', 'two', 'no end']);
});

test('how a program has failed is told, also when its pod is killed for its memory', async () => {
  await using cluster = await startCluster();
  cluster.become({ failed: 1 }, { terminated: { exitCode: 137, reason: 'OOMKilled' } });
  const end = await open(cluster).run(program, { signal: AbortSignal.timeout(10_000), onLine: () => {} });
  assert.deepEqual(end, { succeeded: false, sentence: 'It ended with code 137 (OOMKilled).' });
});

test('a Job that is there already is followed, and not begun a second time', async () => {
  await using cluster = await startCluster();
  cluster.become({ succeeded: 1 }, { terminated: { exitCode: 0 } });
  const executor = open(cluster);
  for (let time = 0; time < 2; time++) await executor.run(program, { signal: AbortSignal.timeout(10_000), onLine: () => {} });
  assert.equal(cluster.asked.filter((each) => each.startsWith('DELETE')).length, 0);
});

test('one that is no longer wanted is taken away', async () => {
  await using cluster = await startCluster();
  cluster.become({ active: 1 }, { running: {} }, 'begun\n');
  const stop = new AbortController();
  const running = open(cluster).run(program, { signal: stop.signal, onLine: () => stop.abort(new Error('enough')) });
  await assert.rejects(running);
  assert.ok(cluster.asked.includes('DELETE /apis/batch/v1/namespaces/ml/jobs/mlab-0123456789abcdef-0'), cluster.asked.join('\n'));
});

test('one that another process goes on with is left to it', async () => {
  await using cluster = await startCluster();
  cluster.become({ active: 1 }, { running: {} }, 'begun\n');
  const stop = new AbortController();
  const ends = new AppError('unavailable', 'This process ends.');
  await assert.rejects(open(cluster).run(program, { signal: stop.signal, onLine: () => stop.abort(ends) }));
  assert.equal(cluster.asked.filter((each) => each.startsWith('DELETE')).length, 0);
});

test('our own trainers run in the image of this platform, as the configuration says', async () => {
  const made: Program[] = [];
  const executor = {
    name: 'kubernetes' as const,
    local: false,
    run: async (one: Program) => ({ succeeded: made.push(one) > 9, sentence: '' }),
  };
  const set = { ...readDefaults(), executor: 'kubernetes' as const, commandCpus: 3, publicUrl: 'http://training:8006' };
  const objects = { stat: async () => undefined, put: async () => {}, delete: async () => true } as unknown as Objects;
  const programs = openConfiguredPrograms(set, { objects, executor, machine: { PATH: '/secret' } });
  const hooks = { signal: AbortSignal.timeout(5000), onSaid: () => {} };
  await assert.rejects(programs.run('0123456789abcdef-t123', { kind: 'trial' } as RemoteOrder, hooks), { code: 'exhausted' });
  const manifest = kubernetesJob(made[0] as Program, place);
  new Job(manifest).validate();
  const [container] = manifest.spec.template.spec.containers;
  assert.deepEqual([container?.image, container?.command], ['mlab-platform:0.1.0', ['node', 'services/training/src/remote/main.ts']]);
  assert.deepEqual(container?.resources.requests, { cpu: '3', memory: String(4096 * 1_048_576) });
  assert.deepEqual(
    container?.env.map(({ name }) => name),
    ['MLAB_TRAINING_URL', 'MLAB_PROGRAM', 'MLAB_PROGRAM_TOKEN'],
  );
  assert.match(manifest.metadata.name, /^mlab-0123456789abcdef-t123-[0-9a-f]{6}$/);
  assert.equal(remoteThreads(set), 2);
});

test('what can never begin, and what Kubernetes refuses, is told with its reason', async () => {
  await using cluster = await startCluster();
  const run = (): Promise<unknown> => open(cluster).run(program, { signal: AbortSignal.timeout(10_000), onLine: () => {} });
  cluster.become({ active: 1 }, { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } });
  await assert.rejects(run(), { code: 'invalid', message: 'Kubernetes cannot start the program: ImagePullBackOff: no such image' });
  cluster.refuse(403, 'jobs.batch is forbidden');
  await assert.rejects(run(), { code: 'invalid', message: 'Kubernetes refuses the program (403). jobs.batch is forbidden' });
  const elsewhere = kubernetesExecutor({ place, config: join(tmpdir(), 'no-such-config'), pollMs: 5 });
  await assert.rejects(elsewhere.run(program, { signal: AbortSignal.timeout(10_000), onLine: () => {} }), (error) =>
    AppError.is(error, 'invalid'),
  );
});
