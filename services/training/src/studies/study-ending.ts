import { training } from '@mlab/contracts/training';
import type { CallMeta, Clock, Database, Events, JobQueuesOf } from '@mlab/kernel';
import type { KeptStudy } from '#/domain/study.ts';
import type { jobs as declared } from '#/jobs.ts';
import { endStudy, type StudyEnd } from '#/store/studies.ts';
import { bestTrial, countTrials } from '#/store/trials.ts';

export interface StudyEndingOptions {
  readonly database: Database;
  readonly events: Events;
  readonly queues: JobQueuesOf<typeof declared>;
  readonly clock: Clock;
}

export interface StudyEnding {
  /** Ends a study, tells so, and has its run ended. Undefined when it has ended already. */
  end(call: CallMeta, study: KeptStudy, end: Omit<StudyEnd, 'at'>): Promise<KeptStudy | undefined>;
}

export function openStudyEnding({ database, events, queues, clock }: StudyEndingOptions): StudyEnding {
  return {
    end: (call, { id }, end) =>
      database.transaction(call, async (tx) => {
        const at = clock.now();
        const ended = await endStudy(tx, id, { ...end, at });
        if (ended === undefined) return undefined;
        const { metric, direction, runId, jobId } = ended;
        const counts = await countTrials(tx, ended.seq);
        const best = direction === undefined ? undefined : await bestTrial(tx, ended.seq, direction);
        const data = {
          study: id,
          at: at.toISOString(),
          runId,
          state: end.state,
          trials: counts.complete + counts.pruned + counts.failed,
          ...(metric === undefined ? {} : { metric }),
          ...(best?.value === undefined ? {} : { best: { trial: best.number, value: best.value, params: best.params } }),
          ...(jobId === undefined ? {} : { job: jobId }),
          ...(end.error === undefined ? {} : { error: end.error }),
        };
        await events.publish(tx, training.events.studyFinished, data, { subject: id, key: id });
        if (end.state !== 'succeeded' && ended.startedAt !== undefined)
          await queues.endRun.send(
            tx,
            { runId, status: end.state === 'failed' ? 'FAILED' : 'KILLED', endMs: at.getTime() },
            { key: runId },
          );
        return ended;
      }),
  };
}
