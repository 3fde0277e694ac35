import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { registry } from '@mlab/contracts/registry';
import { tracking } from '@mlab/contracts/tracking';
import type { training } from '@mlab/contracts/training';
import type { TrainingJob } from '@mlab/contracts/training-jobs';
import type { Study } from '@mlab/contracts/training-studies';
import { systemClock, type ClientOf } from '@mlab/kernel';
import { fake, startTest } from '@mlab/kernel/testing';
import { openTestDatabase } from '@mlab/sql/testing';
import { openLog } from '@mlab/telemetry';
import { openFacilities } from '../../../apps/platform/facilities.ts';
import { service } from '#/service.ts';
import { openFakes, type Fakes } from './fakes.ts';
import { openListener } from './listener.ts';

/** What an answer holds: a test says by what it reads what it expects. */
// oxlint-disable-next-line typescript/no-explicit-any -- answers are looked at one by one
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly body: Json;
}

export interface TestTraining extends AsyncDisposable {
  readonly url: string;
  /** The folder of files that are learnt from where they lie. */
  readonly root: string;
  readonly databaseUrl: string;
  readonly client: ClientOf<typeof training>;
  /** What tracking and the registry were told. */
  readonly told: Fakes;
  /** The events of one job or study, in the order in which they were heard. */
  readonly heard: (subject: string) => readonly Json[];
  /** `POST /jobs` */
  readonly api: (route: string, body?: unknown, headers?: Readonly<Record<string, string>>) => Promise<Answer>;
  /** The same for what must succeed: answers the body. */
  readonly must: (route: string, body?: unknown) => Promise<Json>;
  /** The status, the code and the sentence of what is refused. */
  readonly refusal: (route: string, body?: unknown) => Promise<string>;
  /** The id of a dataset with this content. */
  readonly upload: (content: string | Uint8Array, fileName?: string) => Promise<string>;
  /** Waits until the job has ended, or is as the test wants it. */
  readonly job: (id: string, until?: (job: TrainingJob) => boolean) => Promise<TrainingJob>;
  /** Waits until it can be seen. */
  readonly until: (what: string, seen: () => boolean | Promise<boolean>) => Promise<void>;
  /** The files of its objects. */
  readonly objects: () => Promise<readonly string[]>;
  /** Lets the clock of the service go on by so much at once. */
  readonly later: (ms: number) => void;
  readonly study: (id: string, until?: (study: Study) => boolean) => Promise<Study>;
  /** What can be compared of the trials of a study: all but when they were. */
  readonly trials: (id: string) => Promise<Json[]>;
}

/** The service with a database and a folder of its own; tracking and registry are fakes. */
export async function startTraining(env: Readonly<Record<string, string>> = {}): Promise<TestTraining> {
  await using stack = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'mlab-training-test-'));
  stack.defer(() => rm(home, { recursive: true, force: true }));
  const root = join(home, 'root');
  await mkdir(root);
  const database = stack.use(await openTestDatabase());
  const { logger } = openLog({ level: process.env['TEST_LOG'] === undefined ? 'silent' : 'warn' });
  const settings = {
    MLAB_HOME: home,
    DATABASE_URL: database.url,
    MLAB_JOBS_POLL_MS: '100',
    MLAB_JOBS_WATCH_MS: '100',
    MLAB_TRAINING_DATA_ROOT: root,
    MLAB_TRAINING_LOG_POLL_MS: '20',
    MLAB_TRAINING_PROGRESS_MS: '20',
    MLAB_TRAINING_THREADS: '1',
    ...env,
  };
  let aheadMs = 0;
  const clock = { ...systemClock, now: () => new Date(Date.now() + aheadMs) };
  const listener = openListener();
  const facilities = stack.use(await openFacilities({ env: settings, services: [service, listener.service], logger, version: '0.0.0' }));
  const told = openFakes();
  const neighbours = [fake(tracking, told.tracking), fake(registry, told.registry), listener.service];
  const app = stack.use(await startTest(service, { neighbours, facilities, env: settings, logger, clock }));
  const api: TestTraining['api'] = async (route, body, headers = {}) => {
    const blank = route.indexOf(' ');
    const method = route.slice(0, blank);
    const init =
      body === undefined
        ? { method, headers }
        : { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } };
    const answer = await fetch(app.url + route.slice(blank + 1), init);
    const text = await answer.text();
    try {
      return { status: answer.status, body: JSON.parse(text) as unknown };
    } catch {
      return { status: answer.status, body: text };
    }
  };
  const must: TestTraining['must'] = async (route, body) => {
    const { status, body: answer } = await api(route, body);
    if (status !== 200) throw new Error(`${route}: ${status} ${JSON.stringify(answer)}`);
    return answer;
  };
  /** That something has ended is told by an event; for anything else it is looked again and again. */
  const wait = async <T extends { readonly state: string }>(
    [path, id]: readonly [string, string],
    ends: readonly string[],
    until: ((one: T) => boolean) | undefined,
  ): Promise<T> => {
    const limit = performance.now() + 90_000;
    for (;;) {
      const told = listener.next(id);
      const one = (await must(`GET ${path}/${id}`)) as T;
      if (until?.(one) ?? ends.includes(one.state)) return one;
      if (performance.now() > limit) throw new Error(`${path}/${id} has not come to it: ${JSON.stringify(one)}`);
      await Promise.race([told, delay(until === undefined ? 500 : 20)]);
    }
  };
  const disposing = stack.move();
  return {
    url: app.url,
    root,
    databaseUrl: database.url,
    later: (ms) => void (aheadMs += ms),
    client: app.client,
    told,
    heard: (subject) => listener.heard.filter((event) => event.subject === subject),
    api,
    must,
    refusal: async (route, body) => {
      const { status, body: answer } = await api(route, body);
      if (status < 400) throw new Error(`${route} was not refused: ${status} ${JSON.stringify(answer)}`);
      return `${status} ${answer.code} ${answer.detail}`;
    },
    upload: async (content, fileName = 'data.csv') => {
      const answer = await fetch(`${app.url}/datasets/upload?fileName=${encodeURIComponent(fileName)}`, {
        method: 'POST',
        body: Buffer.from(content),
      });
      const body = (await answer.json()) as Json;
      if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(body)}`);
      return body.id as string;
    },
    job: (id, until) => wait(['/jobs', id], ['succeeded', 'failed', 'cancelled'], until),
    study: (id, until) => wait(['/studies', id], ['succeeded', 'failed', 'stopped'], until),
    trials: async (id) =>
      (await must(`GET /studies/${id}/trials`)).items.map(({ number, state, value, params, steps }: Json) => ({
        number,
        state,
        value,
        params,
        steps,
      })),
    until: async (what, seen) => {
      const limit = performance.now() + 30_000;
      while (!(await seen())) {
        if (performance.now() > limit) throw new Error(`It has not come to it: ${what}.`);
        await delay(20);
      }
    },
    objects: async () => {
      const look = () => readdir(join(home, 'objects'), { recursive: true, withFileTypes: true });
      // Folders go while they are looked through.
      const found = await look().catch(look);
      return found.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    },
    [Symbol.asyncDispose]: () => disposing.disposeAsync(),
  };
}
