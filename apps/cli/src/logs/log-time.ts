/** When a line was written, without reading all of it; undefined for a line that is no JSON of ours. */
export function logTime(line: string): number | undefined {
  const found = /"time":(\d+)/.exec(line);
  return found ? Number(found[1]) : undefined;
}

export interface TimedLine {
  readonly line: string;
  readonly time: number;
}

/** A line without a time belongs to the one before it (a stack trace, a native library's cry). */
export function timed(lines: readonly string[]): TimedLine[] {
  let time = 0;
  return lines.map((line) => ({ line, time: (time = logTime(line) ?? time) }));
}

/** One log out of several, in the order of time. */
export const mergeByTime = (logs: readonly (readonly TimedLine[])[]): TimedLine[] => logs.flat().toSorted((a, b) => a.time - b.time);
