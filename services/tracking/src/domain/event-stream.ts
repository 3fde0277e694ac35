import type { Metric } from '#/domain/run.ts';

export interface StreamEvent {
  readonly event: string;
  /** What a client comes again with; without one it keeps that of an earlier event. */
  readonly id?: string | undefined;
  /** JSON, which has no line break. */
  readonly data: string;
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
export const eventText = ({ event, id, data }: StreamEvent): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`;

/** Says nothing, so that both sides see that the other is there; an id on its own is remembered and not dispatched. */
export const heartbeat = (id: string | undefined): string => (id === undefined ? ':\n\n' : `:\nid: ${id}\n\n`);

/** After how many milliseconds a client whose connection was lost comes again. */
export const retryAfter = (ms: number): string => `retry: ${ms}\n\n`;

/** JSON has no NaN. */
export const metricJson = ({ key, value, timestamp, step }: Metric): string =>
  JSON.stringify({ key, value: Number.isNaN(value) ? 'NaN' : value, timestamp, step });
