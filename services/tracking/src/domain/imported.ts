import { AppError } from '@mlab/kernel';
import type { Tag } from '#/domain/experiment.ts';

/** What is known of a thing that comes from elsewhere: fields, and lists of pairs whose order means nothing. */
export interface Content {
  readonly fields: Readonly<Record<string, string | number | undefined>>;
  readonly lists: Readonly<Record<string, readonly Tag[]>>;
}

/** An id stands for one thing: what comes under an id that is taken must be what is there. */
export function refuseOther(what: string, given: Content, there: Content): void {
  const fields = Object.entries(given.fields).flatMap(([name, value]) =>
    value === there.fields[name] ? [] : [`${name} is ${shown(there.fields[name])} here and ${shown(value)} there`],
  );
  const lists = Object.entries(given.lists).flatMap(([name, pairs]) => {
    const keys = differing(pairs, there.lists[name] ?? []);
    if (keys.length === 0) return [];
    return [`${name} differ: ${keys.slice(0, 3).join(', ')}${keys.length > 3 ? ` and ${keys.length - 3} more` : ''}`];
  });
  const reasons = [...fields, ...lists];
  if (reasons.length > 0) throw new AppError('conflict', `${what} is here already with other content: ${reasons.join('; ')}.`);
}

function differing(a: readonly Tag[], b: readonly Tag[]): readonly string[] {
  const left = new Map(a.map(({ key, value }) => [key, value]));
  const right = new Map(b.map(({ key, value }) => [key, value]));
  return [...new Set([...left.keys(), ...right.keys()])].filter((key) => left.get(key) !== right.get(key)).toSorted();
}

const shown = (value: string | number | undefined): string =>
  value === undefined ? 'missing' : typeof value === 'number' ? String(value) : JSON.stringify(value.slice(0, 100));
