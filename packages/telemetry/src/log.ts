import { mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { pino, type DestinationStream, type Logger } from 'pino';
import { build as prettyStream } from 'pino-pretty';

export type { Logger } from 'pino';

export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type Level = (typeof LEVELS)[number];

export interface LogOptions {
  readonly level: Level;
  /** Where the lines go: a file that is rotated here, or standard output when absent. */
  readonly file?: string;
  /** Size in bytes at which the file is renamed to `<file>.1` and a new one is begun. */
  readonly maxBytes?: number;
  /** Coloured lines for people; JSON lines for machines otherwise. */
  readonly pretty?: boolean;
}

export interface Log extends AsyncDisposable {
  readonly logger: Logger;
}

const SETTINGS = { base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label: string) => ({ level: label }) } };

/**
 * Lines are written asynchronously: while one write is under way the next lines gather, so that load makes
 * batches instead of system calls. A process that dies loses at most the lines of one write.
 */
export function openLog({ level, file, maxBytes = 64 * 1024 * 1024, pretty = false }: LogOptions): Log {
  if (pretty && file === undefined) {
    const logger = pino(
      { ...SETTINGS, level },
      prettyStream({ sync: true, ignore: 'pid,hostname', singleLine: true }) as DestinationStream,
    );
    return { logger, [Symbol.asyncDispose]: async () => {} };
  }
  if (file !== undefined) mkdirSync(dirname(file), { recursive: true });
  const destination = pino.destination({ ...(file === undefined ? { fd: 1 } : { dest: file, mode: 0o600 }), sync: false });
  // A reader that went away (a closed pipe, a full disk) must not end the service: what it would have read is lost.
  destination.on('error', () => {});
  if (file !== undefined) rotate(destination, file, maxBytes);
  const logger = pino({ ...SETTINGS, level }, destination);
  return {
    logger,
    [Symbol.asyncDispose]: async () => {
      try {
        destination.flushSync();
      } catch {
        // Nothing was opened yet, or the reader has gone: there is nobody left to tell.
      }
    },
  };
}

function rotate(destination: ReturnType<typeof pino.destination>, file: string, maxBytes: number): void {
  let size = sizeOf(file);
  destination.on('write', (bytes: number) => {
    size += bytes;
    if (size < maxBytes) return;
    size = 0;
    try {
      renameSync(file, `${file}.1`);
      destination.reopen();
    } catch {
      // Somebody else moved the file: go on writing to the one that is open.
    }
  });
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
