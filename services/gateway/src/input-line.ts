import type { CallMeta } from '@mlab/kernel';
import { printable, type Logger } from '@mlab/telemetry';

export interface InputLineOptions {
  readonly show: 'full' | 'redacted';
  /** Longest part of an input that is shown, in UTF-16 units. */
  readonly limit: number;
}

/** Writes each input as one log line. What the input says cannot end the line or start another: see `printable`. */
export function openInputLines(log: Logger, { show, limit }: InputLineOptions): (data: string, call: CallMeta) => void {
  if (show === 'redacted') return (data, call) => log.info({ length: data.length, trace_id: call.trace.traceId }, 'input received');
  return (data, call) => log.info({ input: printable(data, limit), length: data.length, trace_id: call.trace.traceId }, 'input received');
}
