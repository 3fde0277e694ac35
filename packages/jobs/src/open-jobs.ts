import { rootCall, type CallMeta, type Database, type Jobs, type OpenedJobs, type Owner, type Queryable } from '@mlab/kernel';
import { loginOf, makeFurtherSchema } from '@mlab/sql';
import { openBoss } from '#/boss.ts';
import { openJobBook } from '#/job-book.ts';
import { openJobQueue } from '#/job-queue.ts';
import { readKinds } from '#/kinds.ts';
import { openMeters } from '#/meters.ts';
import { jobOperations } from '#/operations.ts';
import { openOutage } from '#/outage.ts';
import { openRunning } from '#/running.ts';
import { openSchedule } from '#/schedule.ts';
import type { JobsSettings } from '#/settings.ts';
import { openTidying } from '#/tidying.ts';
import { openJobStore } from '#/store/jobs.ts';
import { schemaExists } from '#/store/schema.ts';
import { openWorker } from '#/worker.ts';

export interface OpenJobsOptions {
  /** Of a login that may make schemas: `DATABASE_URL`. */
  readonly adminUrl: string;
  readonly settings: JobsSettings;
}

/** How long a statement of the worker may take, in milliseconds. */
const STATEMENT_MS = 15_000;
/** How long whoever looks at the metrics waits for their numbers, in milliseconds. */
const COUNT_MS = 2000;

/** The jobs of one service, in a schema beside its own. */
export async function openJobs({ adminUrl, settings }: OpenJobsOptions, owner: Owner, database: Database, jobs: Jobs): Promise<OpenedJobs> {
  const { schema: ownSchema, url } = loginOf(adminUrl, owner.name);
  const schema = `${ownSchema}_jobs`;
  const call = (): CallMeta => rootCall(`${owner.name} jobs`, STATEMENT_MS);
  const db = (): Queryable => database.for(call());
  const kinds = readKinds(owner, jobs);
  const names = [...kinds.keys()];
  const outage = openOutage(owner);
  const store = openJobStore(schema, ownSchema);

  await using stack = new AsyncDisposableStack();
  if (!(await schemaExists(db(), schema))) await makeFurtherSchema(adminUrl, owner.name, schema);
  const boss = stack.use(await openBoss({ owner, url, schema, kinds: names, settings, outage }));
  for (const name of names) await store.unlimit(db(), name);
  const schedule = openSchedule(owner.name, jobs, boss.next, owner.clock.now());

  const meters = openMeters({ owner, store, kinds: names, db: () => database.for(rootCall(`${owner.name} metrics`, COUNT_MS)) });
  const running = openRunning({ owner, kinds, store, settings, db, outage, meters, onFree: () => worker.wake() });
  const worker = openWorker({ owner, database, call, kinds, boss, store, settings, schedule, outage, meters, running });
  const tidying = openTidying({ owner, boss, store, db, outage });
  const onReady = (): void => worker.wake();
  const book = openJobBook({ database, store, kinds, onReady, onCancelled: (id) => running.cancelled(id) });

  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopping ??= (async () => {
      await worker.stop();
      await running.drain();
      await tidying.stop();
    })());
  stack.defer(stop);
  const disposing = stack.move();
  return {
    queues: Object.fromEntries([...kinds].map(([name, kind]) => [name, openJobQueue({ boss, store, book, onReady }, kind)])),
    added: jobOperations(owner.name, names, book),
    work: async (runners) => {
      for (const name of names)
        if (runners[name] === undefined) throw new Error(`${owner.name} declares the job ${name} and has no code for it.`);
      worker.begin(runners);
      tidying.begin();
    },
    stop,
    [Symbol.asyncDispose]: () => disposing.disposeAsync(),
  };
}
