import { CliError } from '../cli-error.ts';
import type { Outcome, SupervisorStatus } from './process-status.ts';

/** One request and one answer per connection, each a line of JSON. */
export type ControlRequest =
  | { type: 'status' }
  | { type: 'start' | 'stop' | 'restart'; names: readonly string[] }
  | { type: 'scale'; counts: Readonly<Record<string, number>> }
  | { type: 'down' };

export type ControlAnswer =
  | ({ type: 'status' } & SupervisorStatus)
  | ({ type: 'done' } & Outcome)
  | { type: 'failed'; reason: string; exitCode: number };

export function parseRequest(line: string): ControlRequest {
  const value: unknown = JSON.parse(line);
  if (typeof value === 'object' && value !== null && 'type' in value) {
    if (value.type === 'status' || value.type === 'down') return { type: value.type };
    if (value.type === 'start' || value.type === 'stop' || value.type === 'restart') {
      const names: unknown = 'names' in value ? value.names : undefined;
      if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return { type: value.type, names };
    }
    if (value.type === 'scale' && 'counts' in value && isCounts(value.counts)) return { type: 'scale', counts: value.counts };
  }
  throw new CliError('The supervisor does not know this request.');
}

function isCounts(value: unknown): value is Record<string, number> {
  return typeof value === 'object' && value !== null && Object.values(value).every((count) => Number.isInteger(count) && count >= 0);
}

/** The supervisor is this same program, so its answers need no more than their outer form looked at. */
export function parseAnswer(line: string): ControlAnswer {
  const value: unknown = JSON.parse(line);
  if (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    (value.type === 'status' || value.type === 'done' || value.type === 'failed')
  ) {
    return value as ControlAnswer;
  }
  throw new CliError('The supervisor gave an answer that this mlab does not know; it may be of another version: end it with its Ctrl-C.');
}
