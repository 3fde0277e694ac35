import { appendLogLine, type OwnLogLine, rotateWhenLarge } from './append.ts';

const LIMIT_BYTES = 5_000_000;
/** Time and process id come first (`log_line_prefix` is PostgreSQL's default). */
const LINE = /^\d{4}-\d\d-\d\d [\d:.]+ \S+ \[\d+\] (?:\S+ )*?([A-Z]+): {2}(.*)$/;

const LEVELS: Readonly<Record<string, OwnLogLine['level']>> = { WARNING: 'warn', ERROR: 'error', FATAL: 'error', PANIC: 'error' };

/** A line of PostgreSQL's own log, in the form of all others. */
export function appendPostgresLine(file: string, line: string): void {
  const [, severity = '', text = line.trim()] = LINE.exec(line) ?? [];
  if (text === '') return;
  rotateWhenLarge(file, LIMIT_BYTES);
  const level = LEVELS[severity] ?? 'info';
  appendLogLine(file, { level, process: 'postgres', message: level === 'info' ? text : `${severity}: ${text}` });
}
