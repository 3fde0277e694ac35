import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import {
  rootCall,
  type CallMeta,
  type Clock,
  type Database,
  type Job,
  type JobQueue,
  type JobRunnersOf,
  type JobState,
  type JobStatus,
  type SendOptions,
  type Jobs,
  type Owner,
} from '@mlab/kernel';
import { openDatabase } from '@mlab/sql';
import { testOwner } from '@mlab/sql/testing';
import { openLog } from '@mlab/telemetry';
import { openJobsFacility, type JobsSettings } from '@mlab/jobs';

/** Quick enough for tests; what they say of time holds for the defaults in proportion. */
export const quick: JobsSettings = { pollMs: 100, watchMs: 100, drainMs: 300, succeededDays: 7, endedDays: 14 };

export const call = (): CallMeta => rootCall('test', 10_000);

type JobQueuesOf<J extends Jobs> = { readonly [K in keyof J]: J[K] extends Job<infer I, infer O> ? JobQueue<I, O> : never };

export interface Instance<J extends Jobs> extends AsyncDisposable {
  readonly queues: JobQueuesOf<J>;
  readonly database: Database;
  readonly owner: Owner;
  readonly opened: Awaited<ReturnType<ReturnType<typeof openJobsFacility>['openJobs']>>;
  stop(): Promise<void>;
}

export interface InstanceOptions<J extends Jobs> {
  readonly url: string;
  readonly jobs: J;
  /** Without them it sends and does not work. */
  readonly runners?: JobRunnersOf<J>;
  readonly service?: string;
  readonly settings?: Partial<JobsSettings>;
  readonly clock?: Clock;
  /** Where the log goes; nowhere by default. */
  readonly logFile?: string;
}

/** One process's share of a service: several of them in one test are as many processes, but for their memory. */
export async function openInstance<J extends Jobs>(options: InstanceOptions<J>): Promise<Instance<J>> {
  const { url, jobs, runners, service = 'bakery', settings = {}, clock, logFile } = options;
  const silent = await testOwner(service);
  const log = logFile === undefined ? silent.telemetry.log : openLog({ level: 'debug', file: logFile }).logger;
  const owner: Owner = { ...silent, clock: clock ?? silent.clock, telemetry: { ...silent.telemetry, log } };
  await using stack = new AsyncDisposableStack();
  const facility = stack.use(openJobsFacility({ adminUrl: url, settings: { ...quick, ...settings } }));
  const { database } = stack.use(await openDatabase(owner, { adminUrl: url, systemMigrations: [facility.systemMigrations] }));
  const opened = stack.use(await facility.openJobs(owner, database, jobs));
  if (runners !== undefined) await opened.work(runners);
  const disposing = stack.move();
  return {
    queues: opened.queues as unknown as JobQueuesOf<J>,
    database,
    owner,
    opened,
    stop: () => opened.stop(),
    [Symbol.asyncDispose]: () => disposing.disposeAsync(),
  };
}

/** Waits until `look` answers something, by looking again and again. */
export async function until<T>(look: () => Promise<T | false | undefined> | T | false | undefined, what: string, ms = 8000): Promise<T> {
  const end = performance.now() + ms;
  for (;;) {
    const found = await look();
    if (found !== false && found !== undefined) return found;
    if (performance.now() > end) throw new Error(`${what} has not come about within ${ms} ms.`);
    await delay(15);
  }
}

export async function logLines(file: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** The status once the job has come to one of these states. */
export async function untilState<I, O>(queue: JobQueue<I, O>, id: string, ...states: readonly JobState[]): Promise<JobStatus<I, O>> {
  const what = `${states.join(' or ')} of job ${id}`;
  return until(async () => {
    const status = await queue.find(call(), id);
    return status !== undefined && states.includes(status.state) && status;
  }, what);
}

export function send<I, O>(
  { database }: { readonly database: Database },
  queue: JobQueue<I, O>,
  input: I,
  options?: SendOptions,
): Promise<string> {
  return database.transaction(call(), (tx) => queue.send(tx, input, options));
}

/** Something that happens once, and that others can wait for. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}
