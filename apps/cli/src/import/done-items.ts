import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What an earlier import from the same place to the same lab has finished, so that one that was interrupted goes on where it was. */
export interface DoneItems {
  has(kind: string, id: string, fingerprint: string): boolean;
  add(kind: string, id: string, fingerprint: string): void;
}

/** One file per source and lab, a line per item. It only saves work: what is in the lab is looked at all the same. */
export function openDoneItems(folder: string, source: string, lab: string): DoneItems {
  const file = join(folder, `${createHash('sha256').update(`${source}\n${lab}`).digest('hex').slice(0, 24)}.jsonl`);
  const done = new Map(readLines(file).map(([kind, id, fingerprint]) => [`${kind} ${id}`, fingerprint]));
  return {
    has: (kind, id, fingerprint) => done.get(`${kind} ${id}`) === fingerprint,
    add(kind, id, fingerprint) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      appendFileSync(file, `${JSON.stringify([kind, id, fingerprint])}\n`, { mode: 0o600 });
      done.set(`${kind} ${id}`, fingerprint);
    },
  };
}

/** Lines that are whole: the last one may have been cut off. */
function readLines(file: string): readonly (readonly [string, string, string])[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    try {
      const value = JSON.parse(line) as unknown;
      return Array.isArray(value) && value.length === 3 && value.every((part) => typeof part === 'string')
        ? [value as [string, string, string]]
        : [];
    } catch {
      return [];
    }
  });
}
