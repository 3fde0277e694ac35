import type { Owner } from '@mlab/kernel';

/** Whether the database answers: told in the log once when it ceases to, and once when it does again. */
export interface Outage {
  failed(error: unknown): void;
  answered(): void;
  /** Since when it has answered without a break, on the monotonic clock, in milliseconds. */
  readonly answeringSince: number;
}

export function openOutage({ telemetry: { log }, clock }: Owner): Outage {
  let failing = false;
  let answeringSince = clock.monotonic();
  return {
    failed: (error) => {
      if (!failing) log.error({ err: error }, 'The database with the jobs does not answer as it should; jobs wait until it does.');
      failing = true;
    },
    answered: () => {
      if (!failing) return;
      failing = false;
      answeringSince = clock.monotonic();
      log.info('The database with the jobs answers again.');
    },
    get answeringSince() {
      return failing ? Number.POSITIVE_INFINITY : answeringSince;
    },
  };
}
