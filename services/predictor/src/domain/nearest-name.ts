/** The one among names that is the same but for case, or for a letter or two; `undefined` where none is. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  if (name.length > LONGEST) return undefined;
  const plain = plainOf(name);
  let [nearest, least] = [undefined as string | undefined, Number.POSITIVE_INFINITY];
  for (const other of names) {
    const most = Math.min(2, Math.floor(other.length / 3));
    if (Math.abs(other.length - name.length) > 2 + most || other.length > LONGEST) continue;
    const distance = plainOf(other) === plain ? 0 : distanceOf(name, other);
    if (distance <= most && distance < least) [nearest, least] = [other, distance];
  }
  return nearest;
}

const LONGEST = 100;

const plainOf = (name: string): string => name.toLowerCase().replaceAll(/[\s_.-]/g, '');

/** How many letters are to be put in, taken out or changed (Levenshtein, 1966). */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
