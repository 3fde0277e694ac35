/** The servers of one run: ours as the product starts it, and beside it MLflow's own in the forms that were asked for. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startEmbedded, type EmbeddedServer } from '@mlab/sql/embedded';
import { Client } from 'pg';
import { startMlflowServer, type MlflowServer } from '../../compat/mlflow/mlflow-server.ts';
import type { Environment } from '../../compat/mlflow/environment.ts';
import { cleanEnvironment } from '../../compat/pytest.ts';
import { platformProgram } from '../../compat/mlflow/servers.ts';
import { startServer, urlOf, type ServerProgram } from '../load/server.ts';
import { fillMlflowPostgres, fillMlflowSqlite, fillOurs, type Filling } from './fill.ts';
import type { Backend, Form } from './options.ts';
import { inGroup, megabytesOf, withChildren } from './processes.ts';

export interface Start {
  /** From the start of its processes to the first answer out of the database, in milliseconds. */
  readonly coldMs: number;
  /** A while after it, of all its processes, in MB. */
  readonly megabytes: number;
  /** The same with the PostgreSQL that it needs. */
  readonly withDatabase?: { readonly coldMs: number; readonly megabytes: number };
}

export interface Target extends AsyncDisposable {
  readonly name: string;
  /** Doors to ask at: the same server may have several. */
  readonly doors: readonly { readonly name: string; readonly uri: string }[];
  readonly form?: Form;
  /** All its processes. */
  pids(): readonly number[];
  /** Several starts, each with what an earlier one has left in the database; the last of them goes on. */
  start(times: number): Promise<readonly Start[]>;
  addRuns(filling: Filling): Promise<void>;
  /** While others are measured, it does nothing. */
  pause(): void;
  resume(): void;
}

/** After this long a server that has answered once has done what it does when it starts. */
const IDLE_MS = 3000;
const FIRST = '/api/2.0/mlflow/experiments/get?experiment_id=0';

/** As `mlab` starts it: what was compiled once is kept, as Python keeps it. */
const compiled = (program: ServerProgram, folder: string): ServerProgram => ({
  ...program,
  env: { ...program.env, NODE_COMPILE_CACHE: join(folder, 'compiled') },
});

export function ours(folder: string): Target {
  let running = new AsyncDisposableStack();
  let postgres: EmbeddedServer | undefined;
  let doors: Target['doors'] = [];
  let own: number[] = [];
  const once = async (): Promise<Start> => {
    await running.disposeAsync();
    running = new AsyncDisposableStack();
    const began = performance.now();
    postgres = running.use(await startEmbedded({ folder: join(folder, 'postgres') }));
    const databaseMs = performance.now() - began;
    const { url } = postgres;
    const [platform, gateway] = await Promise.all([
      startServer(compiled(platformProgram('platform', 'tracking,registry', url, folder), folder)),
      startServer(compiled(platformProgram('gateway', 'gateway', url, folder), folder)),
    ]);
    running.use(platform);
    running.use(gateway);
    doors = [
      { name: 'ours, tracking port', uri: `${urlOf(platform, 'tracking')}/mlflow` },
      { name: 'ours, through the gateway', uri: `${urlOf(gateway, 'gateway')}/mlflow` },
    ];
    await untilItAnswers(`${doors[1]?.uri}${FIRST}`);
    const coldMs = performance.now() - began;
    await wait(IDLE_MS);
    own = [platform.pid, gateway.pid];
    const megabytes = megabytesOf(own);
    const whole = megabytes + megabytesOf(withChildren(postgres.pid ?? 0));
    return { coldMs: coldMs - databaseMs, megabytes, withDatabase: { coldMs, megabytes: whole } };
  };
  return {
    name: 'ours',
    get doors() {
      return doors;
    },
    pids: () => [...own, ...withChildren(postgres?.pid ?? 0)],
    start: (times) => repeat(times, once),
    addRuns: (filling) => fillOurs(postgres?.url ?? '', filling),
    pause: () => undefined,
    resume: () => undefined,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

export interface MlflowForm {
  readonly environment: Environment;
  readonly form: Form;
  readonly backend: Backend;
  /** It gets a database of its own in it. */
  readonly postgres: EmbeddedServer | undefined;
}

export function mlflow({ environment, form, backend, postgres }: MlflowForm, parent: string): Target {
  const folder = join(parent, `mlflow-${form}-${backend}`);
  mkdirSync(folder);
  const file = join(folder, 'mlflow.db');
  const database = `mlflow_${form}`;
  const url = urlOfDatabase(postgres?.url ?? 'postgres://localhost', database);
  // With the driver that is installed for it; which one is taken by itself depends on the release of SQLAlchemy.
  const store = backend === 'sqlite' ? `sqlite:///${file}` : url.replace(/^postgres\w*:/, 'postgresql+psycopg2:');
  const name = `mlflow ${environment.mlflow}, ${form}, ${backend}`;
  let server: MlflowServer | undefined;
  const once = async (): Promise<Start> => {
    await server?.[Symbol.asyncDispose]();
    // As many workers as MLflow starts by itself: four.
    const args = form === 'gunicorn' ? ['--gunicorn-opts', '--log-level warning'] : [];
    server = await startMlflowServer(environment, { folder, store, args, env: cleanEnvironment(process.env) });
    await wait(IDLE_MS);
    return { coldMs: server.startedWithinMs, megabytes: megabytesOf(inGroup(server.pid)) };
  };
  return {
    name,
    form,
    get doors() {
      return [{ name, uri: server?.uri ?? '' }];
    },
    pids: () => [...inGroup(server?.pid ?? 0), ...(backend === 'postgres' ? withChildren(postgres?.pid ?? 0) : [])],
    async start(times) {
      if (backend === 'postgres') await createDatabase(postgres?.url ?? '', database);
      return repeat(times, once);
    },
    async addRuns(filling) {
      if (backend === 'sqlite') fillMlflowSqlite(file, filling);
      else await fillMlflowPostgres(url, filling);
    },
    pause: () => server?.pause(),
    resume: () => server?.resume(),
    [Symbol.asyncDispose]: async () => server?.[Symbol.asyncDispose](),
  };
}

/** The first one creates its tables and is not counted. */
async function repeat(times: number, once: () => Promise<Start>): Promise<Start[]> {
  await once();
  const starts: Start[] = [];
  for (let start = 0; start < times; start++) starts.push(await once());
  return starts;
}

async function createDatabase(url: string, name: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${name}`);
  } finally {
    await client.end();
  }
}

function urlOfDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

async function untilItAnswers(url: string): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; await wait(20)) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return;
  }
  throw new Error(`${url} did not answer.`);
}
