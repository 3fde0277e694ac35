import { createRequire } from 'node:module';
import { pino, type DestinationStream, type Logger } from 'pino';

import { openLineFile, type LineFile } from '#/line-file.ts';

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

export interface Log extends Disposable {
  readonly logger: Logger;
}

const SETTINGS = { base: null, timestamp: isoTime, formatters: { level: (label: string) => ({ level: label }) } };

/** How long lines gather before they are written together. */
const GATHER_MS = 5;

/**
 * Lines are gathered for a few milliseconds and written by one system call: handed to a writing thread one by one, they took a
 * quarter of a small service's time. A process that is killed loses the lines of those milliseconds.
 */
export function openLog({ level, file, maxBytes = Number.POSITIVE_INFINITY, pretty = false }: LogOptions): Log {
  if (pretty && file === undefined) {
    // Loaded for a person at a terminal alone.
    const { build } = createRequire(import.meta.url)('pino-pretty') as typeof import('pino-pretty');
    const stream = build({ sync: true, ignore: 'pid,hostname', singleLine: true }) as DestinationStream;
    return { logger: pino({ ...SETTINGS, level }, stream), [Symbol.dispose]: () => {} };
  }
  const target = file === undefined ? standardOutput() : openLineFile(file, maxBytes);
  let lines = '';
  const flush = (): void => {
    const written = lines;
    lines = '';
    if (written !== '') target.write(written);
  };
  const write = (line: string): void => {
    if (lines === '') setTimeout(flush, GATHER_MS);
    lines += line;
  };
  return { logger: pino({ ...SETTINGS, level }, { write }), [Symbol.dispose]: flush };
}

let output: LineFile | undefined;

function standardOutput(): LineFile {
  if (output === undefined) {
    // A reader that went away must not end the service: what it would have read is lost.
    process.stdout.on('error', () => {});
    output = { write: (lines) => void process.stdout.write(lines) };
  }
  return output;
}

let second = 0;
let untilSecond = '';

/** The time as pino wants it, to the millisecond. The text of a second is made once. */
export function isoTime(): string {
  const now = Date.now();
  const ms = now % 1000;
  if (now - ms !== second) {
    second = now - ms;
    untilSecond = `,"time":"${new Date(second).toISOString().slice(0, 20)}`;
  }
  return `${untilSecond}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z"`;
}
