export interface Named {
  readonly name: string;
  /** As it is in the file, where it could not be kept. */
  readonly inFile: string | undefined;
}

const LONGEST = 200;

/**
 * Names that tell columns apart. White space around them goes, control characters become spaces, what is longer than 200 characters is cut; one
 * without a name is `column_` with its place, and of equal ones all but the first get a number. Any other text is a name.
 */
export function columnNames(found: readonly string[]): Named[] {
  const cleaned = found.map((name, index) => {
    // oxlint-disable-next-line no-control-regex
    const plain = name.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ').trim();
    const short =
      plain.length > LONGEST
        ? `${Array.from(plain)
            .slice(0, LONGEST - 1)
            .join('')}…`
        : plain;
    return short === '' ? `column_${index + 1}` : short;
  });
  const all = new Set(cleaned);
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  return cleaned.map((name, index) => {
    let unique = name;
    while (taken.has(unique) || (unique !== name && all.has(unique))) {
      const count = (counts.get(name) ?? 1) + 1;
      counts.set(name, count);
      unique = `${name}_${count}`;
    }
    taken.add(unique);
    return { name: unique, inFile: unique === found[index] ? undefined : (found[index] ?? '').slice(0, LONGEST) };
  });
}
