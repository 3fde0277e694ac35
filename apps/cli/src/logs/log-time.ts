/** When a line was written, without reading all of it; undefined for a line that is no JSON of ours. */
function logTime(line: string): number | undefined {
  const found = /"time":(?:(\d+)|"([^"]+)")/.exec(line);
  if (!found) return undefined;
  const time = found[1] === undefined ? Date.parse(found[2] ?? '') : Number(found[1]);
  return Number.isNaN(time) ? undefined : time;
}

export interface LogLine {
  readonly process: string;
  readonly line: string;
}

interface TimedLine extends LogLine {
  readonly time: number;
}

/** One log out of those of several processes, in the order of time. */
export function mergeByTime(logs: readonly { readonly process: string; readonly lines: readonly string[] }[]): LogLine[] {
  return logs.flatMap(({ process, lines }) => timed(process, lines)).toSorted((a, b) => a.time - b.time);
}

/** A line without a time belongs to the one before it (a stack trace, a native library's cry). */
function timed(process: string, lines: readonly string[]): TimedLine[] {
  let time = 0;
  return lines.map((line) => ({ process, line, time: (time = logTime(line) ?? time) }));
}
