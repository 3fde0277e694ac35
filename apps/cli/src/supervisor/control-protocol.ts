import { CliError } from '../cli-error.ts';
import type { ProcessStatus } from './process-status.ts';

/** One request and one answer per connection, each a line of JSON. */
export type ControlRequest = { type: 'status' } | { type: 'start' | 'stop' | 'restart'; processes: readonly string[] } | { type: 'down' };

export type ControlAnswer =
  | { type: 'status'; pid: number; processes: readonly ProcessStatus[] }
  | { type: 'done' }
  | { type: 'failed'; reason: string };

export function parseRequest(line: string): ControlRequest {
  const value: unknown = JSON.parse(line);
  if (typeof value === 'object' && value !== null && 'type' in value) {
    if (value.type === 'status' || value.type === 'down') return { type: value.type };
    if (value.type === 'start' || value.type === 'stop' || value.type === 'restart') {
      const processes: unknown = 'processes' in value ? value.processes : undefined;
      if (Array.isArray(processes) && processes.every((name) => typeof name === 'string')) return { type: value.type, processes };
    }
  }
  throw new CliError('The supervisor does not know this request.');
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
