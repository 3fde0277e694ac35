import type { CallMeta, Database, JobRun } from '@mlab/kernel';
import { ownFolder, ownFolderOf } from '#/domain/cleaning.ts';
import { measureBelow } from '#/store/artifact-files.ts';
import { NOTHING, type Removed } from '#/store/cleanings.ts';
import { measureStaleUploads } from '#/store/multipart-uploads.ts';
import { countMetrics, listDoomed, listDoomedExperiments, listPlacedExperiments, type Choice, type Kind } from '#/store/removals.ts';
import { countTraces } from '#/store/traces/delete-traces.ts';
import { findAllOrphans, type Leftovers } from './leftovers.ts';

const PAGE = 500;

export interface EstimateOptions extends Leftovers {
  /** Traces that began then or before go; undefined: none does because of its age. */
  readonly tracesUntilMs: number | undefined;
}

/** What a cleaning would remove, counted and not touched. */
export async function estimate(options: EstimateOptions, choice: Choice, run: JobRun): Promise<Removed> {
  const { database } = options;
  const { call } = run;
  const db = database.for(call);
  const experiments = await listDoomedExperiments(db, choice);
  const placed = experiments.length === 0 ? [] : await listPlacedExperiments(db);
  const folders = new Map(experiments.map((experiment) => [experiment.id, ownFolderOf(experiment, placed)]));
  const whole = [...folders.values()].filter((folder) => folder !== undefined);
  let total: Removed = { ...NOTHING, experiments: experiments.length, ...(await measure(database, call, whole)) };
  for (const kind of ['run', 'loggedModel'] as const) {
    run.progress(0.2, kind === 'run' ? 'counting runs' : 'counting logged models');
    total = add(total, await count(database, run, choice, kind, folders));
  }
  total = add(total, {
    traces: await countTraces(db, [...folders.keys()], choice.experimentIds === undefined ? options.tracesUntilMs : undefined),
  });
  if (choice.experimentIds !== undefined) return total;
  total = add(total, await measureStaleUploads(db, options.beforeMs));
  for await (const orphans of findAllOrphans(options, run)) {
    total = add(total, { orphans: orphans.length, bytes: orphans.reduce((sum, { size }) => sum + size, 0) });
  }
  return total;
}

async function count(
  database: Database,
  { call, signal }: JobRun,
  choice: Choice,
  kind: Kind,
  folders: ReadonlyMap<string, string | undefined>,
): Promise<Partial<Removed>> {
  const db = database.for(call);
  let total = NOTHING;
  for (let after = 0; ;) {
    signal.throwIfAborted();
    const doomed = await listDoomed(db, kind, choice, after, PAGE);
    const nos = doomed.map(({ no }) => no);
    // What lies in the folder of an experiment that goes is counted with it.
    const own = doomed
      .map(({ id, artifactUri, experimentId }) => {
        const path = ownFolder(artifactUri, id);
        const folder = folders.get(experimentId);
        return folder !== undefined && path?.startsWith(`${folder}/`) === true ? undefined : path;
      })
      .filter((path) => path !== undefined);
    const metrics = nos.length === 0 ? 0 : await countMetrics(db, kind, choice, nos);
    total = add(total, { [kind === 'run' ? 'runs' : 'loggedModels']: nos.length, metrics, ...(await measure(database, call, own)) });
    after = nos.at(-1) ?? after;
    if (nos.length < PAGE) return total;
  }
}

const measure = async (database: Database, call: CallMeta, folders: readonly string[]) =>
  folders.length === 0 ? {} : measureBelow(database.for(call), folders);

function add(a: Removed, b: Partial<Removed>): Removed {
  const sum = (key: keyof Removed): number => a[key] + (b[key] ?? 0);
  return {
    experiments: sum('experiments'),
    runs: sum('runs'),
    loggedModels: sum('loggedModels'),
    traces: sum('traces'),
    metrics: sum('metrics'),
    files: sum('files'),
    uploads: sum('uploads'),
    orphans: sum('orphans'),
    bytes: sum('bytes'),
  };
}
