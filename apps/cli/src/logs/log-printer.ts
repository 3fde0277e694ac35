import { once } from 'node:events';
import type { FollowLimits } from './followed-file.ts';
import { formatLogLine } from './append.ts';
import type { LogLine } from './log-time.ts';

/** How log lines leave for the terminal (for people) or for a file or another program (as they are). */
export interface LogPrinter {
  readonly limits: FollowLimits;
  print(lines: readonly LogLine[]): Promise<void>;
  skipped(process: string, count: number, file: string): Promise<void>;
}

/** Formatting a line costs a hundred times what copying it does: people get the last ones of a flood, programs far more. */
const FOR_PEOPLE: FollowLimits = { backlogBytes: 65_536, keptBytes: 16_384 };
const FOR_PROGRAMS: FollowLimits = { backlogBytes: 4_194_304, keptBytes: 1_048_576 };

export async function logPrinter(output: NodeJS.WriteStream, json: boolean): Promise<LogPrinter> {
  if (json || !output.isTTY) {
    return {
      limits: FOR_PROGRAMS,
      print: (lines) => write(output, lines.map(({ line }) => `${line}\n`).join('')),
      skipped: (process, count, file) => write(output, formatLogLine({ level: 'warn', process, message: skippedNote(count, file) })),
    };
  }
  // Loaded only for people: the formatter takes longer to load than all else.
  const { prettyLine } = await import('./pretty-line.ts');
  return {
    limits: FOR_PEOPLE,
    print: (lines) => write(output, lines.map(prettyLine).join('')),
    skipped: (_process, count, file) => write(output, `${skippedNote(count, file)}\n`),
  };
}

const skippedNote = (count: number, file: string): string => `… ${count} lines skipped, see ${file}`;

/** Waits when the reader is slow, so that its backlog stays in the file and not in our memory. */
async function write(output: NodeJS.WriteStream, text: string): Promise<void> {
  if (text === '' || output.destroyed || output.write(text)) return;
  await Promise.race([once(output, 'drain'), once(output, 'close')]).catch(() => undefined);
}
