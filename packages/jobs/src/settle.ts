import { AppError, type Owner, type Queryable } from '@mlab/kernel';
import type { Attempt, Outcome } from '#/attempt.ts';
import { backoffMs } from '#/backoff.ts';
import type { Ending } from '#/meters.ts';
import type { JobsSettings } from '#/settings.ts';
import type { JobStore } from '#/store/jobs.ts';

export interface SettleOptions {
  readonly owner: Owner;
  readonly store: JobStore;
  readonly settings: JobsSettings;
}

const DAY_SECONDS = 86_400;

/** Writes down how an attempt ended, and answers what that made of its job. */
export async function settle(
  { owner, store, settings }: SettleOptions,
  db: Queryable,
  attempt: Attempt,
  outcome: Outcome,
): Promise<Ending> {
  const { claim, kind } = attempt;
  switch (outcome.kind) {
    case 'succeeded': {
      const settled = await store.succeed(db, claim, outcome.output, Math.ceil(settings.succeededDays * DAY_SECONDS));
      return settled === 1 ? 'succeeded' : 'lost';
    }
    case 'failed': {
      const { error, final } = outcome;
      const delayMs = backoffMs(kind.job, claim.retryCount + 1, owner.random());
      const state = await store.fail(db, claim, { error: sentenceOf(error), delayMs, final });
      return state === 'retrying' || state === 'failed' ? state : 'lost';
    }
    case 'given-back':
      return (await store.giveBack(db, claim)) === 1 ? 'given-back' : 'lost';
    default:
      return outcome.kind;
  }
}

/** What anybody may read of an error. All of it is in the log. */
const sentenceOf = (error: unknown): string => AppError.from(error).message.replaceAll('\0', '').toWellFormed();
