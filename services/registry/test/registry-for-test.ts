import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { registry } from '@mlab/contracts/registry';
import { tracking, type LoggedModel, type Run, type StoredFile } from '@mlab/contracts/tracking';
import { AppError, rootCall, type AnyService, type ClientOf } from '@mlab/kernel';
import { fake, startTest } from '@mlab/kernel/testing';
import { openTestDatabase } from '@mlab/sql/testing';
import { openLog } from '@mlab/telemetry';
import { openFacilities } from '../../../apps/platform/facilities.ts';
import { service } from '#/service.ts';

/** What an answer holds: a test says by what it reads what it expects. */
// oxlint-disable-next-line typescript/no-explicit-any -- answers of MLflow's protocol have no types of ours
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly body: Json;
}

type Ask = (path: string, body?: unknown, headers?: Readonly<Record<string, string>>) => Promise<Answer>;

export interface TestRegistry extends AsyncDisposable {
  readonly url: string;
  readonly databaseUrl: string;
  readonly client: ClientOf<typeof registry>;
  /** Asks as MLflow's client does, below the root of its API. */
  readonly get: Ask;
  readonly post: Ask;
  readonly patch: Ask;
  readonly delete: Ask;
  /** The same for what must succeed: answers the body. */
  readonly must: (answer: Promise<Answer>) => Promise<Json>;
  /** Asks one of our own operations: `PUT /models/…`. */
  readonly api: (route: string, body?: unknown, headers?: Readonly<Record<string, string>>) => Promise<Answer>;
  /** The status, the code and the message of what is refused. */
  readonly refusal: (answer: Promise<Answer>) => Promise<string>;
}

export const RUN = 'a'.repeat(32);
export const MODEL_ID = `m-${'b'.repeat(32)}`;
export const ROOT = `mlflow-artifacts:/1/models/${MODEL_ID}/artifacts`;
export const RUN_ROOT = `mlflow-artifacts:/1/${RUN}/artifacts`;

const run: Run = {
  id: RUN,
  experimentId: '1',
  name: 'first',
  userId: 'ann',
  status: 'FINISHED',
  lifecycleStage: 'active',
  startTime: 0,
  artifactUri: RUN_ROOT,
  params: {},
  tags: {},
  metrics: [],
  models: [],
};

const loggedModel: LoggedModel = {
  id: MODEL_ID,
  experimentId: '1',
  name: 'model',
  status: 'READY',
  sourceRunId: RUN,
  artifactUri: ROOT,
  createdAt: 0,
  params: {},
  tags: {},
};

const file = (path: string, size: number): StoredFile => ({
  path,
  size,
  sha256: String(size).padStart(64, '0'),
  contentType: 'application/octet-stream',
  modifiedAt: '2026-01-01T00:00:00.000Z',
});

/** What tracking knows: one run, one logged model of it, two files of that. It may be told to be away. */
export const neighbour = { isAway: false, mlmodel: '', pageSize: 1000, files: [file('MLmodel', 100), file('model.onnx', 2000)] };

const absent = (what: string): never => {
  throw new AppError('not_found', `There is no ${what}.`);
};

const answered = <T>(value: T): T => {
  if (neighbour.isAway) throw new AppError('unavailable', 'Tracking is away.');
  return value;
};

async function* parts(text: string): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < text.length; at += 50) yield Buffer.from(text.slice(at, at + 50));
}

const trackingFake = fake(tracking, {
  getRun: ({ id }) => answered(id === RUN ? run : absent(`run ${id}`)),
  getLoggedModel: ({ id }) => answered(id === MODEL_ID ? loggedModel : absent(`logged model ${id}`)),
  getFile: ({ uri }) =>
    answered(uri.endsWith('/MLmodel') ? { contentType: 'application/octet-stream', body: parts(neighbour.mlmodel) } : absent(uri)),
  listFiles: ({ uri, cursor }) => {
    const { files, pageSize } = neighbour;
    const from = Number(cursor ?? 0);
    const next = from + pageSize < files.length ? { next: String(from + pageSize) } : {};
    const isThere = [ROOT, RUN_ROOT, `runs:/${RUN}`].some((root) => uri.startsWith(root));
    return answered(isThere ? { uri, items: files.slice(from, from + pageSize), ...next } : absent(uri));
  },
});

export interface TestOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Services beside it. */
  readonly beside?: readonly AnyService[];
  /** The registry itself, where it is not to be the real one. */
  readonly instead?: typeof service;
}

/** What the service makes in a database at its first start. */
async function startOnce(url: string): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const env = { DATABASE_URL: url, MLAB_HOME: tmpdir() };
  const { logger } = openLog({ level: 'silent' });
  const facilities = stack.use(await openFacilities({ env, services: [service], logger, version: '0.0.0' }));
  stack.use(await startTest(service, { neighbours: [trackingFake], facilities, env, logger }));
}

/** The service with a database of its own; tracking is a fake. */
export async function startRegistry({ env = {}, beside = [], instead = service }: TestOptions = {}): Promise<TestRegistry> {
  await using stack = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'mlab-registry-'));
  stack.defer(() => rm(home, { recursive: true, force: true }));
  const database = stack.use(await openTestDatabase(startOnce));
  const { logger } = openLog({ level: 'silent' });
  const settings = { MLAB_HOME: home, DATABASE_URL: database.url, MLAB_JOBS_POLL_MS: '20', ...env };
  const facilities = stack.use(await openFacilities({ env: settings, services: [instead, ...beside], logger, version: '0.0.0' }));
  const app = stack.use(await startTest(instead, { neighbours: [trackingFake, ...beside], facilities, env: settings, logger }));
  const send = async (method: string, url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> => {
    const init =
      body === undefined
        ? { method, headers }
        : { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } };
    const answer = await fetch(url, init);
    const text = await answer.text();
    try {
      return { status: answer.status, body: JSON.parse(text) as unknown };
    } catch {
      return { status: answer.status, body: text };
    }
  };
  const mlflow =
    (method: string): Ask =>
    (path, body, headers) =>
      send(method, `${app.url}/mlflow/api/2.0/mlflow/${path}`, body, headers);
  const disposing = stack.move();
  return {
    url: app.url,
    databaseUrl: database.url,
    client: app.client,
    get: mlflow('GET'),
    post: mlflow('POST'),
    patch: mlflow('PATCH'),
    delete: mlflow('DELETE'),
    must: async (asked) => {
      const { status, body } = await asked;
      if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
      return body as unknown;
    },
    api: (route, body, headers) => {
      const blank = route.indexOf(' ');
      return send(route.slice(0, blank), app.url + route.slice(blank + 1), body, headers);
    },
    refusal: async (asked) => {
      const { status, body } = await asked;
      return `${status} ${body.error_code ?? body.code} ${body.message ?? body.detail}`;
    },
    [Symbol.asyncDispose]: () => disposing.disposeAsync(),
  };
}

/** Looks until it is there. */
export async function until<T>(look: () => Promise<T | undefined> | T | undefined, what: string, ms = 8000): Promise<T> {
  const end = performance.now() + ms;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`${what} has not come about within ${ms} ms.`);
    await delay(10);
  }
}

export const call = () => rootCall('test', 10_000);
