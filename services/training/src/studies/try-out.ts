import type { Study as Search } from '@mlab/learning';
import type { Config } from '#/config.ts';
import type { KeptDataset } from '#/domain/dataset.ts';
import type { KeptStudy, KeptTrial, Reported } from '#/domain/study.ts';
import type { Programs } from '#/remote/programs.ts';
import { remoteThreads } from '#/remote/remote-threads.ts';
import type { RemoteTrialResult } from '#/remote/order.ts';
import { limitsOf, threadsOf } from '#/threads/bounds.ts';
import type { Threads } from '#/threads/threads.ts';
import type { Loaded } from '#/worker/load.ts';
import type { TrialResult } from '#/worker/messages.ts';

export interface TriedStudy {
  readonly study: KeptStudy & { readonly metric: string; readonly direction: 'minimize' | 'maximize' };
  readonly search: Search;
}

export interface Tried extends TrialResult {
  readonly reports: readonly Reported[];
}

/** Makes one trial, somewhere, and answers what it came to. It is told to the search by whoever has it made. */
export interface TryOut {
  (trial: KeptTrial, signal: AbortSignal): Promise<Tried>;
  /** Whether it takes the place of a job in this process. */
  readonly isHere: boolean;
  /** What was kept of it is no longer wanted: its end is written down. */
  readonly forget: (trial: KeptTrial) => Promise<void>;
}

const orderOf = ({ spec, search: { folds }, metric }: TriedStudy['study'], trial: KeptTrial) => ({
  kind: 'trial' as const,
  spec: { ...spec, params: { ...spec.params, ...trial.params } },
  metric,
  folds,
});

const prunes = ({ search }: KeptStudy): boolean => search.pruner !== 'none' && search.folds === 1;

/** What is reported is compared as the metric is: less of a loss is better, whatever the metric. */
const signOf = ({ direction }: TriedStudy['study']): number => (direction === 'maximize' ? -1 : 1);

/** In threads of this process, which share what they learn from. */
export function tryInThreads({ study, search }: TriedStudy, given: { config: Config; threads: Threads; loaded: Loaded }): TryOut {
  const { config, threads, loaded } = given;
  const tryOut = async (trial: KeptTrial, signal: AbortSignal): Promise<Tried> => {
    const reports: Reported[] = [];
    const more = study.search.parallel > 1 ? 0 : threadsOf(config);
    const result = await threads.run<TrialResult>({
      order: { ...orderOf(study, trial), loaded, threads: more, prunes: prunes(study) },
      signal,
      graceMs: config.graceMs,
      onSaid: (said, control) => {
        if (said.kind !== 'report') return;
        reports.push([said.step, said.value]);
        const ends = search.report(trial.number, said.step, signOf(study) * said.value);
        if (prunes(study)) control.answer(!ends);
      },
    });
    return { ...result, reports };
  };
  return Object.assign(tryOut, { isHere: true, forget: async () => {} });
}

/** Each as a program of an executor, which reads the data by itself. */
export function tryElsewhere({ study, search }: TriedStudy, given: { config: Config; programs: Programs; dataset: KeptDataset }): TryOut {
  const { config, programs, dataset } = given;
  const { id, fileName, sha256, reading } = dataset;
  const programOf = ({ number }: KeptTrial): string => `${study.id}-t${number}`;
  const tryOut = async (trial: KeptTrial, signal: AbortSignal): Promise<Tried> => {
    const order = {
      ...orderOf(study, trial),
      dataset: { id, fileName, sha256, reading },
      limits: limitsOf(config),
      threads: config.executor === 'local' && study.search.parallel > 1 ? 0 : remoteThreads(config),
      memoryMb: config.memoryMb,
      number: trial.number,
      sign: signOf(study),
      ...(prunes(study) ? { search: search.state() } : {}),
    };
    const tried = await programs.run<RemoteTrialResult>(programOf(trial), order, { signal, onSaid: () => {} });
    for (const [step, value] of tried.reports) search.report(trial.number, step, signOf(study) * value);
    return tried;
  };
  return Object.assign(tryOut, { isHere: config.executor === 'local', forget: (trial: KeptTrial) => programs.forget(programOf(trial)) });
}
