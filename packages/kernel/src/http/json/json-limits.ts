/** Deeper values are refused: every reader behind this one may recurse, and none then needs a guard of its own. */
export const MAX_DEPTH = 1000;

/** The one key that means something else than itself to JavaScript objects. */
export const FORBIDDEN_KEY = '__proto__';

/**
 * Whether a value fresh from `JSON.parse` is one that the rest of the system can take: not too deep, every number finite, no
 * `__proto__` key. It walks level by level and does not recurse, because the depth is the sender's choice.
 */
export function isWithinLimits(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  let level: object[] = [value];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return false;
    const next: object[] = [];
    for (const container of level) {
      if (!(Array.isArray(container) ? checkArray(container, next) : checkObject(container as Record<string, unknown>, next))) return false;
    }
    level = next;
  }
  return true;
}

function checkArray(items: readonly unknown[], deeper: object[]): boolean {
  for (const item of items) {
    if (!checkItem(item, deeper)) return false;
  }
  return true;
}

function checkObject(record: Record<string, unknown>, deeper: object[]): boolean {
  for (const key in record) {
    if (key === FORBIDDEN_KEY || !checkItem(record[key], deeper)) return false;
  }
  return true;
}

function checkItem(item: unknown, deeper: object[]): boolean {
  if (typeof item === 'number') return Number.isFinite(item);
  if (typeof item === 'object' && item !== null) deeper.push(item);
  return true;
}
