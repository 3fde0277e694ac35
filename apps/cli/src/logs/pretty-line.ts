import { prettyFactory } from 'pino-pretty';
import type { LogLine } from './log-time.ts';
import { visibleText } from '../visible-text.ts';

const pretty = prettyFactory({
  colorize: process.stdout.isTTY && process.stdout.hasColors(),
  translateTime: 'SYS:HH:MM:ss.l',
  ignore: 'pid,hostname,process,service',
  singleLine: true,
});

/** One line of a log for a person at a terminal, with the newline at its end. */
export function prettyLine({ process: name, line }: LogLine): string {
  const entry = parse(line);
  return entry === undefined ? `${visibleText(line)}\n` : pretty(disarm({ ...entry, name }));
}

function parse(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Logged inputs come from strangers, and JSON hides what a terminal would obey. Stack traces keep their lines. */
function disarm<T>(value: T, key = ''): T {
  if (typeof value === 'string') return (key === 'stack' ? value.split('\n').map(visibleText).join('\n') : visibleText(value)) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => disarm(item)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [visibleText(name), disarm(inner as unknown, name)])) as T;
}
