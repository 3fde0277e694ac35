import type { Owner } from '@mlab/kernel';

/** Whether the database answers: told in the log once when it ceases to, and once when it does again. */
export interface Outage {
  failed(error: unknown): void;
  answered(): void;
  /** Since when it has answered without a break, on the monotonic clock, in milliseconds. */
  readonly answeringSince: number;
}

/** What fails and works by turns is told of once a minute, in milliseconds. */
const TELL_EACH_MS = 60_000;

export function openOutage({ telemetry: { log }, clock }: Owner): Outage {
  let failing = false;
  let toldAt = Number.NEGATIVE_INFINITY;
  let told = false;
  // A server that was away before this process began knows by itself when it came.
  let answeringSince = Number.NEGATIVE_INFINITY;
  return {
    failed: (error) => {
      if (failing) return;
      failing = true;
      told = clock.monotonic() - toldAt >= TELL_EACH_MS;
      if (!told) return;
      toldAt = clock.monotonic();
      log.error({ err: error }, 'The database with the jobs does not answer as it should; jobs wait until it does.');
    },
    answered: () => {
      if (!failing) return;
      failing = false;
      answeringSince = clock.monotonic();
      if (told) log.info('The database with the jobs answers again.');
    },
    get answeringSince() {
      return failing ? Number.POSITIVE_INFINITY : answeringSince;
    },
  };
}
