import type { Config } from '#/config.ts';
import { remoteThreads } from '#/remote/remote-threads.ts';
import type { Programs } from '#/remote/programs.ts';
import { limitsOf } from '#/threads/bounds.ts';
import type { TrainedModel } from '#/worker/messages.ts';
import type { Train } from './train-thread.ts';

/** Of one beginning of a job. */
export const programOf = ({ id, generation }: { readonly id: string; readonly generation: number }): string => `${id}-${generation}`;

/** Trains by a program that an executor runs. It keeps the state to go on from by itself. */
export function openTrainRemotely(config: Config, programs: Programs): Train {
  return ({ job, dataset, study, names, teller, signal }) => {
    const { id, fileName, sha256, reading } = dataset;
    const { spec } = job;
    return programs.run<TrainedModel>(
      programOf(job),
      {
        kind: 'train',
        dataset: { id, fileName, sha256, reading },
        limits: limitsOf(config),
        spec,
        threads: remoteThreads(config),
        memoryMb: config.memoryMb,
        names,
        checkpointMs: config.checkpointMs,
        ...(study === undefined ? {} : { study }),
      },
      { signal, onSaid: (said) => teller.heard(said) },
    );
  };
}
