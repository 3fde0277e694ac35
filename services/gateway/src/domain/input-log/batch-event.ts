import type { Entry } from '#/domain/input-log/entry.ts';
import { timeOf } from '#/domain/input-log/input-id.ts';
import { toStored } from '#/domain/input-log/stored-text.ts';

export interface InputsLogged {
  readonly count: number;
  readonly pending: number;
  readonly firstId: string;
  readonly lastId: string;
  readonly from: string;
  readonly to: string;
  readonly byClass: Readonly<Record<string, number>>;
}

/** What is told of a batch: enough to fetch it, and to count without fetching. */
export function inputsLogged(entries: readonly Entry[]): InputsLogged {
  let [firstId, lastId] = [entries[0]?.id ?? '', entries[0]?.id ?? ''];
  let pending = 0;
  const byClass = new Map<string, number>();
  for (const { id, outcome, class: name } of entries) {
    if (id < firstId) firstId = id;
    if (id > lastId) lastId = id;
    if (outcome === 'pending') pending++;
    // Whatever Service B calls a class, an event stays small and can be stored.
    if (name !== undefined) count(byClass, toStored(name).slice(0, 200).toWellFormed());
  }
  return {
    count: entries.length,
    pending,
    firstId,
    lastId,
    from: new Date(timeOf(firstId)).toISOString(),
    to: new Date(timeOf(lastId) + 1).toISOString(),
    byClass: Object.fromEntries(byClass),
  };
}

const count = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);
