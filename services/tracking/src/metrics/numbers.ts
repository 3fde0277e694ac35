import type { Queryable } from '@mlab/kernel';
import { noRun } from '#/domain/run.ts';
import { findRunNos, keyIds } from '#/store/metrics.ts';

/** Most numbers that are kept; the oldest go first. */
const MAX_KNOWN = 20_000;

export interface Numbers {
  /** The number of a run. Throws when there is no such run. */
  runNo(db: Queryable, id: string): Promise<number> | number;
  /** The numbers of metrics, by their names. */
  keys(db: Queryable, names: readonly string[]): Promise<ReadonlyMap<string, number>> | ReadonlyMap<string, number>;
  forgetRun(id: string): void;
}

/** Numbers of runs and metrics never change, so a process asks for each once. */
export function openNumbers(): Numbers {
  const runs = new Map<string, number>();
  const keys = new Map<string, number>();

  async function findRun(db: Queryable, id: string): Promise<number> {
    const no = (await findRunNos(db, [id])).get(id);
    if (no === undefined) throw noRun(id);
    keep(runs, id, no);
    return no;
  }

  async function findKeys(db: Queryable, names: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const found = await keyIds(db, names);
    for (const [name, id] of found) keep(keys, name, id);
    return found;
  }

  return {
    runNo: (db, id) => runs.get(id) ?? findRun(db, id),
    // A map of its own: by the time that somebody looks into it, those that are kept may be others.
    keys: (db, names) => {
      const found = new Map<string, number>();
      for (const name of names) {
        const id = keys.get(name);
        if (id === undefined) return findKeys(db, [...new Set(names)]);
        found.set(name, id);
      }
      return found;
    },
    forgetRun: (id) => void runs.delete(id),
  };
}

function keep<T>(known: Map<string, T>, key: string, value: T): void {
  if (known.size >= MAX_KNOWN) {
    const [oldest] = known.keys();
    if (oldest !== undefined) known.delete(oldest);
  }
  known.set(key, value);
}
