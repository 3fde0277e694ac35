import { rootCall, type Check } from '@mlab/kernel';
import { openLoop, type Loop } from '#/loop.ts';
import { MEMBER_LOCKS, type Member } from '#/members.ts';
import type { Serving } from '#/serving.ts';
import { readSigns, type Signs } from '#/store/backlog.ts';
import { forgetConsumers, touchConsumers } from '#/store/consumers.ts';
import { forgetSeen, freeAbandoned } from '#/store/inbox.ts';
import type { Worker } from '#/worker.ts';

interface UpkeepOptions {
  readonly serving: Serving;
  readonly member: Member;
  readonly consumers: readonly string[];
  readonly workers: () => readonly Worker[];
  readonly relay: Loop;
}

export interface Upkeep extends AsyncDisposable {
  check(): Check;
}

const LOOK_EVERY_MS = 1000;
const TIDY_EVERY_MS = 600_000;
const STATEMENT_MS = 30_000;
/** An outbox older than this, in seconds, is worth a line in the checks. */
const OLD_S = 5;
const DAY_MS = 86_400_000;

/**
 * Looks once a second for what nobody has said: entries that a process that is no more has left in the outbox, messages that it had
 * taken, messages whose time has come. And now and then tidies up.
 */
export function openUpkeep({ serving, member, consumers, workers, relay }: UpkeepOptions): Upkeep {
  const { service, database, clock, random, settings } = serving;
  const { log } = serving.telemetry;
  const call = () => rootCall(service, STATEMENT_MS);
  let signs: Signs | undefined;
  let tidiedAt = -Infinity;

  const free = async (): Promise<void> => {
    const policy = { lockClass: MEMBER_LOCKS, maxAttempts: settings.maxAttempts, baseMs: settings.backoffMs, capMs: settings.maxBackoffMs };
    for (const { consumer, id, dead } of await freeAbandoned(database.for(call()), { ...policy, share: 0.5 + random() / 2 })) {
      if (dead) log.error({ consumer, id }, 'a message has ended its process each time it was handled, and is a dead letter now');
      else log.warn({ consumer, id }, 'a process has ended while it handled a message, which is tried again');
    }
  };

  const tidy = async (): Promise<void> => {
    const retentionMs = settings.retentionHours * 3_600_000;
    await touchConsumers(database.for(call()), consumers);
    const gone = await database.transaction(call(), (tx) => forgetConsumers(tx, retentionMs + DAY_MS));
    for (const consumer of gone) log.warn({ consumer }, 'nobody declares this consumer any more: what waited for it is deleted');
    while ((await forgetSeen(database.for(call()), retentionMs + DAY_MS)) > 0);
  };

  const loop = openLoop({
    clock,
    random,
    step: async () => {
      const hearing = workers();
      signs = await readSigns(database.for(call()), member.standing()?.id ?? 0);
      if (signs.outboxAge !== undefined) relay.wake();
      if (hearing.length > 0 && signs.othersWork) await free();
      for (const worker of hearing) {
        if (signs.ready) worker.wake();
        if (signs.suspects) worker.suspect();
      }
      if (hearing.length > 0 && clock.monotonic() - tidiedAt > TIDY_EVERY_MS) {
        await tidy();
        tidiedAt = clock.monotonic();
      }
      return LOOK_EVERY_MS * (0.75 + random() / 2);
    },
    failed: (error, failures) => {
      if (failures === 1) log.warn({ err: error }, 'the state of events cannot be read');
    },
  });

  return {
    check: () => {
      const age = signs?.outboxAge ?? 0;
      const waiting =
        age > OLD_S ? `the oldest event has waited for ${Math.round(age)} s to reach the bus` : 'all that was published is on the bus';
      const letters = signs?.deadLetters === true ? '; there are dead letters' : '';
      return { name: 'event-outbox', ok: age <= OLD_S, required: false, detail: waiting + letters };
    },
    [Symbol.asyncDispose]: () => loop[Symbol.asyncDispose](),
  };
}
