import { rootCall, type Database } from '@mlab/kernel';
import { sql } from '@mlab/sql';
import type { BusRange } from '#/bus/bus.ts';
import { knownConsumers, register, registrations } from '#/store/consumers.ts';

export interface Declared {
  readonly consumer: string;
  readonly channel: string;
  /** Work that was given before its owner first ran is done; events of that time are nobody's. */
  readonly fromBeginning: boolean;
}

const STATEMENT_MS = 30_000;

/** Sees to it that each consumer has a position in this log. Answers whether one was new. */
export async function ensureRegistered(
  service: string,
  database: Database,
  declared: readonly Declared[],
  range: BusRange,
): Promise<boolean> {
  const call = rootCall(service, STATEMENT_MS);
  const present = new Map((await registrations(database.for(call), range.log)).map(({ consumer, channel }) => [consumer, channel]));
  const missing = declared.filter(({ consumer, channel }) => present.get(consumer) !== channel);
  if (missing.length === 0) return false;
  // Whom another log knows has been there before this one was used: everything in it is news to him.
  const known = await knownConsumers(database.for(call));
  return database.transaction(call, async (tx) => {
    let changed = false;
    for (const { consumer, channel, fromBeginning } of missing) {
      const position = fromBeginning || known.has(consumer) ? range.cut : range.end;
      changed = (await register(tx, range.log, { consumer, channel, position })) || changed;
    }
    if (changed) await tx.run(sql`SELECT pg_notify(${REGISTERED_NOTICE}, ${service})`);
    return changed;
  });
}

export const REGISTERED_NOTICE = 'mlab_registered';
