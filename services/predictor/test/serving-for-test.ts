import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { predictor } from '@mlab/contracts/predictor';
import { registry } from '@mlab/contracts/registry';
import { tracking } from '@mlab/contracts/tracking';
import { createClient, openHttpTransport, rootCall, type CallMeta, type ClientOf, type Contract } from '@mlab/kernel';
import { startTest } from '@mlab/kernel/testing';
import { openTestDatabase } from '@mlab/sql/testing';
import { openLog, plainTracer } from '@mlab/telemetry';
import { openFacilities } from '../../../apps/platform/facilities.ts';
import { service as registryService } from '../../registry/src/service.ts';
import { service as trackingService } from '../../tracking/src/service.ts';
import { service } from '#/service.ts';

/** What an answer holds: a test says by what it reads what it expects. */
// oxlint-disable-next-line typescript/no-explicit-any -- answers are looked at one by one
export type Json = any;

export type Files = Readonly<Record<string, Uint8Array | string>>;

export interface Registered {
  /** Said anew by who registers it. */
  readonly signature?: { readonly inputs: unknown[] };
}

export interface TestServing extends AsyncDisposable {
  readonly url: string;
  readonly grpcUrl: string;
  readonly client: ClientOf<typeof predictor>;
  readonly registry: ClientOf<typeof registry>;
  readonly tracking: ClientOf<typeof tracking>;
  /** Logs these files as a model of a run, and registers them as the next version: its number. */
  readonly register: (name: string, files: Files, more?: Registered) => Promise<number>;
  /** `POST /models/x/predict` → its status and what it answers. */
  readonly api: (
    route: string,
    body?: unknown,
  ) => Promise<{ readonly status: number; readonly body: Json; readonly retryAfter: string | null }>;
  /** One of the metrics, by its name and labels as Prometheus writes them. */
  readonly metric: (series: string) => Promise<number | undefined>;
  readonly until: (what: string, seen: () => boolean | Promise<boolean>) => Promise<void>;
}

export const call = (): CallMeta => rootCall('test', 20_000);

/** The Model API beside the real registry and the real tracking, with a database and a folder of their own. */
export async function startServing(env: Readonly<Record<string, string>> = {}): Promise<TestServing> {
  await using stack = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'mlab-predictor-test-'));
  stack.defer(() => rm(home, { recursive: true, force: true }));
  const database = stack.use(await openTestDatabase());
  const { logger } = openLog({ level: process.env['TEST_LOG'] === undefined ? 'silent' : 'info' });
  const settings = { MLAB_HOME: home, DATABASE_URL: database.url, MLAB_PREDICTOR_REFRESH_MS: '100', ...env };
  const neighbours = [trackingService, registryService];
  const facilities = stack.use(await openFacilities({ env: settings, services: [...neighbours, service], logger, version: '0.0.0' }));
  const app = stack.use(await startTest(service, { neighbours, facilities, env: settings, logger }));
  const clientOf = <C extends Contract>(contract: C): ClientOf<C> => {
    const transport = stack.use(openHttpTransport(contract, { base: new URL(app.host.url(contract.name)) }));
    return createClient(contract, transport.call, 'test', plainTracer);
  };
  const [toRegistry, toTracking] = [clientOf(registry), clientOf(tracking)];
  const { id: experimentId } = await toTracking.ensureExperiment({ name: 'served' }, call());
  const disposing = stack.move();
  return {
    url: app.url,
    grpcUrl: app.grpcUrl,
    client: app.client,
    registry: toRegistry,
    tracking: toTracking,
    register: async (name, files, more = {}) => {
      const id = randomBytes(16).toString('hex');
      const run = { id, experimentId, name: 'run', userId: '', status: 'FINISHED' as const, startTime: 0, params: [], tags: [] };
      await toTracking.importRun(run, call());
      for (const [path, content] of Object.entries(files)) {
        await toTracking.putFile({ uri: `runs:/${id}/model/${path}`, body: only(Buffer.from(content)) }, call());
      }
      const asked = { name, source: `runs:/${id}/model`, createModel: true, once: false, tags: {}, ...more };
      const { version } = await toRegistry.registerVersion(asked, call());
      return version;
    },
    api: async (route, body) => {
      const blank = route.indexOf(' ');
      const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
      const answer = await fetch(app.url + route.slice(blank + 1), { method: route.slice(0, blank), ...init });
      return { status: answer.status, body: await answer.json(), retryAfter: answer.headers.get('retry-after') };
    },
    metric: async (series) => {
      const text = await (await fetch(`${app.url}/metrics`)).text();
      const line = text.split('\n').find((one) => one.startsWith(`${series} `));
      return line === undefined ? undefined : Number(line.slice(series.length));
    },
    until: async (what, seen) => {
      const limit = performance.now() + 20_000;
      while (!(await seen())) {
        if (performance.now() > limit) throw new Error(`It has not come to it: ${what}.`);
        await delay(10);
      }
    },
    [Symbol.asyncDispose]: () => disposing.disposeAsync(),
  };
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  if (bytes.length > 0) yield bytes;
}
