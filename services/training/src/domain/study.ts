import type { SearchSpec, Study, StudyState, Trial, TrialState } from '@mlab/contracts/training-studies';
import type { TrainingSpec } from '@mlab/contracts/training-spec';

export interface KeptStudy {
  readonly seq: number;
  readonly id: string;
  readonly key: string | undefined;
  readonly askedSha256: string;
  readonly state: StudyState;
  readonly spec: TrainingSpec;
  readonly search: SearchSpec;
  readonly metric: string | undefined;
  readonly direction: 'minimize' | 'maximize' | undefined;
  readonly runId: string;
  readonly jobId: string | undefined;
  readonly queueId: string | undefined;
  readonly attempts: number;
  readonly importance: readonly { readonly param: string; readonly value: number }[];
  readonly error: string | undefined;
  readonly createdAt: Date;
  readonly startedAt: Date | undefined;
  readonly endedAt: Date | undefined;
}

/** What was told of a trial after so many iterations. */
export type Reported = readonly [step: number, value: number];

export interface KeptTrial {
  readonly number: number;
  readonly state: TrialState;
  readonly params: Readonly<Record<string, unknown>>;
  readonly value: number | undefined;
  readonly reports: readonly Reported[];
  readonly runId: string;
  readonly error: string | undefined;
  readonly startedAt: Date;
  readonly endedAt: Date | undefined;
}

export type TrialCounts = Readonly<Record<TrialState, number>>;

export function trialView({ number, state, params, value, reports, runId, error, startedAt, endedAt }: KeptTrial): Trial {
  return {
    number,
    state,
    params,
    ...(value === undefined ? {} : { value }),
    steps: reports.length,
    runId,
    ...(error === undefined ? {} : { error }),
    startedAt: startedAt.toISOString(),
    ...(endedAt === undefined ? {} : { endedAt: endedAt.toISOString() }),
  };
}

export function studyView(study: KeptStudy, counts: TrialCounts, best: KeptTrial | undefined): Study {
  const { id, key, state, spec, search, metric, direction, importance, runId, jobId, error, createdAt, startedAt, endedAt } = study;
  return {
    id,
    ...(key === undefined ? {} : { key }),
    state,
    spec,
    search,
    ...(metric === undefined ? {} : { metric }),
    ...(direction === undefined ? {} : { direction }),
    trials: { wanted: search.trials, ...counts },
    ...(best === undefined ? {} : { best: trialView(best) }),
    importance: [...importance],
    runId,
    ...(jobId === undefined ? {} : { jobId }),
    ...(error === undefined ? {} : { error }),
    createdAt: createdAt.toISOString(),
    ...(startedAt === undefined ? {} : { startedAt: startedAt.toISOString() }),
    ...(endedAt === undefined ? {} : { endedAt: endedAt.toISOString() }),
  };
}
