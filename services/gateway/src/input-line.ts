import type { CallMeta } from '@mlab/kernel';
import { openLines, printable, type Logger } from '@mlab/telemetry';

export interface InputLineOptions {
  readonly show: 'full' | 'redacted';
  /** Longest part of an input that is shown, in UTF-16 units. */
  readonly limit: number;
}

/** Writes each input as one log line. What the input says cannot end the line or start another: see `printable`. */
export function openInputLines(log: Logger, { show, limit }: InputLineOptions): (data: string, call: CallMeta) => void {
  const write = openLines(log, 'input received');
  const shown = show === 'redacted' ? () => '' : (data: string) => `"input":${JSON.stringify(printable(data, limit))},`;
  return (data, call) => write(`${shown(data)}"length":${data.length},"trace_id":"${call.trace.traceId}"`);
}
