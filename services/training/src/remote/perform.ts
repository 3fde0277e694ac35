import type { Reported } from '#/domain/study.ts';
import type { Heard } from '#/threads/conduct.ts';
import type { Threads } from '#/threads/threads.ts';
import type { Loaded } from '#/worker/load.ts';
import type { ThreadFile, TrainedModel, TrialResult } from '#/worker/messages.ts';
import type { RemoteOrder, RemoteTrainOrder, RemoteTrialOrder, RemoteTrialResult } from './order.ts';

export interface Performing {
  readonly threads: Threads;
  readonly file: ThreadFile;
  /** The state that training goes on from. */
  readonly resume: Uint8Array | undefined;
  readonly onSaid: (said: Heard) => void;
  readonly signal: AbortSignal;
}

const GRACE_MS = 2000;

/** Does what is ordered, in a thread as the service itself does it: so it comes to the same, byte by byte. */
export const perform = (order: RemoteOrder, performing: Performing): Promise<TrainedModel | RemoteTrialResult> =>
  order.kind === 'train' ? trained(order, performing) : tried(order, performing);

function trained(order: RemoteTrainOrder, { threads, file, resume, onSaid, signal }: Performing): Promise<TrainedModel> {
  const { limits, spec, names, checkpointMs, threads: more, study } = order;
  return threads.run<TrainedModel>({
    order: {
      kind: 'train',
      file,
      limits,
      threads: more,
      spec,
      names,
      checkpointMs,
      ...(study === undefined ? {} : { study }),
      ...(resume === undefined ? {} : { resume }),
    },
    signal,
    graceMs: GRACE_MS,
    onSaid,
  });
}

async function tried(order: RemoteTrialOrder, { threads, file, signal }: Performing): Promise<RemoteTrialResult> {
  const { limits, spec, metric, folds, number, sign, threads: more } = order;
  const loaded = await threads.run<Loaded>({ order: { kind: 'load', file, limits, spec }, signal, graceMs: GRACE_MS });
  const search = order.search === undefined ? undefined : (await import('@mlab/learning')).studyFrom(order.search);
  const reports: Reported[] = [];
  const result = await threads.run<TrialResult>({
    order: { kind: 'trial', spec, loaded, threads: more, metric, folds, prunes: search !== undefined },
    signal,
    graceMs: GRACE_MS,
    onSaid: (said, control) => {
      if (said.kind !== 'report') return;
      reports.push([said.step, said.value]);
      if (search !== undefined) control.answer(!search.report(number, said.step, sign * said.value));
    },
  });
  return { ...result, reports };
}
