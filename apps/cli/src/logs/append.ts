import { appendFileSync, renameSync, statSync } from 'node:fs';

export interface OwnLogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly process: string;
  readonly message: string;
}

/** In the form in which the services write their lines, so that all can be read as one log. */
export function formatLogLine({ level, process, message }: OwnLogLine, now: Date = new Date()): string {
  return `${JSON.stringify({ level, time: now.toISOString(), process, msg: message })}\n`;
}

/** Opened anew for each of the few lines: the file's owner may have rotated it in between. Never fails: a full disk must not stop a supervisor. */
export function appendLogLine(file: string, line: OwnLogLine): void {
  try {
    appendFileSync(file, formatLogLine(line), { mode: 0o600 });
  } catch {
    // There is nowhere left to say it.
  }
}

/** Keeps one old file, so that a log takes at most twice the limit. */
export function rotateWhenLarge(file: string, limitBytes: number): void {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > limitBytes) renameSync(file, `${file}.1`);
}
