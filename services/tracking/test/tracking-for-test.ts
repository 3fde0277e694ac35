import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTest, type TestApp } from '@mlab/kernel/testing';
import { openTestDatabase } from '@mlab/sql/testing';
import { openLog } from '@mlab/telemetry';
import type { tracking } from '@mlab/contracts/tracking';
import { openFacilities } from '../../../apps/platform/facilities.ts';
import { service } from '#/service.ts';

/** What an answer holds: a test says by what it reads what it expects. */
// oxlint-disable-next-line typescript/no-explicit-any -- answers of MLflow's protocol have no types of ours
export type Json = any;

export interface TestTracking extends AsyncDisposable {
  readonly app: TestApp<typeof tracking>;
  /** The root of MLflow's protocol. */
  readonly url: string;
  readonly databaseUrl: string;
  readonly home: string;
  /** Asks as MLflow's client does, and answers the status and the body. */
  readonly ask: (method: string, path: string, body?: unknown) => Promise<{ readonly status: number; readonly body: Json }>;
  /** The same, for what must succeed. */
  readonly get: (path: string) => Promise<Json>;
  readonly post: (path: string, body: unknown) => Promise<Json>;
  /** The status, the code and the message of what must be refused; with a body by POST, else by GET. */
  readonly refusal: (path: string, body?: object) => Promise<string>;
  /** The id of a new run, in the default experiment unless the fields say another. */
  readonly run: (fields?: object) => Promise<string>;
}

/** Half of a pair of UTF-16, which is no character. */
export const LONE_SURROGATE = '\ud800';

/** What the service makes in a database at its first start. */
async function startOnce(url: string): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const env = { DATABASE_URL: url, MLAB_HOME: tmpdir() };
  const { logger } = openLog({ level: 'silent' });
  const facilities = stack.use(await openFacilities({ env, services: [service], logger, version: '0.0.0' }));
  stack.use(await startTest(service, { facilities, env }));
}

/** The service with a database and a folder of its own. */
export async function startTracking(env: Readonly<Record<string, string>> = {}): Promise<TestTracking> {
  await using stack = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'mlab-tracking-'));
  stack.defer(() => rm(home, { recursive: true, force: true }));
  const database = stack.use(await openTestDatabase(startOnce));
  const { logger } = openLog({ level: 'silent' });
  const settings = { MLAB_HOME: home, DATABASE_URL: database.url, ...env };
  const facilities = stack.use(await openFacilities({ env: settings, services: [service], logger, version: '0.0.0' }));
  const app = stack.use(await startTest(service, { facilities, env: settings }));
  const url = `${app.url}/mlflow`;
  const ask: TestTracking['ask'] = async (method, path, body) => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const answer = await fetch(`${url}/api/2.0/mlflow/${path}`, init);
    const text = await answer.text();
    try {
      return { status: answer.status, body: JSON.parse(text) as unknown };
    } catch {
      return { status: answer.status, body: text };
    }
  };
  const must = async (method: string, path: string, body?: unknown): Promise<Json> => {
    const answer = await ask(method, path, body);
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const refusal: TestTracking['refusal'] = async (path, body) => {
    const { status, body: answer } = await ask(body === undefined ? 'GET' : 'POST', path, body);
    if (status >= 200 && status < 400) throw new Error(`${path} ${JSON.stringify(body).slice(0, 200)} was not refused: ${status}`);
    return `${status} ${answer.error_code} ${answer.message}`;
  };
  const run: TestTracking['run'] = async (fields = {}) =>
    (await must('POST', 'runs/create', { experiment_id: '0', ...fields })).run.info.run_id;
  const disposing = stack.move();
  return {
    app,
    url,
    databaseUrl: database.url,
    home,
    ask,
    get: (path) => must('GET', path),
    post: (path, body) => must('POST', path, body),
    refusal,
    run,
    [Symbol.asyncDispose]: () => disposing.disposeAsync(),
  };
}
