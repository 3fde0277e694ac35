/** A span as it came, whatever encoding it came in. */
export interface ReceivedSpan {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly id: string;
  /** Absent of the root of a trace. */
  readonly parentId: string | undefined;
  readonly name: string;
  /** In nanoseconds since 1970. */
  readonly start: bigint;
  /** Absent while it goes on. */
  readonly end: bigint | undefined;
  readonly status: SpanStatus;
  readonly message: string | undefined;
  /** The JSON text of each value, as Python's `json.dumps` writes it. */
  readonly attributes: Map<string, string>;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
  /** What produced the span. The same object for all spans of one producer. */
  readonly resource: ReadonlyMap<string, string>;
}

export const SPAN_STATUSES = ['UNSET', 'OK', 'ERROR'] as const;
export type SpanStatus = (typeof SPAN_STATUSES)[number];

export interface SpanEvent {
  readonly name: string;
  /** In nanoseconds since 1970; as text, because JSON's numbers end before it. */
  readonly time: string;
  /** The JSON text of an object. */
  readonly attributes: string;
}

export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: string;
}
