import type { Check } from '@mlab/kernel';

/** One message on its way into the log. */
export interface Outgoing {
  readonly id: string;
  /** What readers choose by: the type of an event or of a queue, or the address of a process that waits for replies. */
  readonly channel: string;
  /** Entries with the same key come into the log in the order in which they are given. */
  readonly key: string | undefined;
  /** A CloudEvent in structured JSON. */
  readonly envelope: string;
}

export interface Entry {
  readonly position: bigint;
  readonly channel: string;
  readonly envelope: string;
}

export interface BusRange {
  /** Which log this is. Positions mean something within one log only: one that was made anew has another name. */
  readonly log: string;
  /** The newest position that is no longer kept; 0 when nothing has been cut off. */
  readonly cut: bigint;
  /** The newest position: where somebody begins who wants to hear only what comes. */
  readonly end: bigint;
}

export interface BusBatch {
  readonly entries: readonly Entry[];
  /** Everything up to here has been looked at: where to go on. Without entries it may still have moved. */
  readonly upTo: bigint;
}

/** Goes through the log from one position on. It never skips an entry, and may be closed and opened again anywhere. */
export interface BusReader extends AsyncDisposable {
  /** What comes next, in order; waits for news and then answers perhaps nothing. Rejects while the bus is away. */
  next(signal: AbortSignal): Promise<BusBatch>;
}

/**
 * A log of messages, kept for some days, that knows nothing of who reads it: readers keep their own positions. So the two
 * implementations need to agree on very little, and neither holds anything that would be lost when one takes the other's place.
 */
export interface Bus extends AsyncDisposable {
  readonly kind: 'postgres' | 'nats';
  /** Resolves when all are kept. When it rejects, some may be kept; giving the same ones again makes duplicates and loses no order. */
  append(entries: readonly Outgoing[], signal: AbortSignal): Promise<void>;
  range(signal: AbortSignal): Promise<BusRange>;
  read(channels: readonly string[], after: bigint): BusReader;
  check(): Check;
}

/** The most that one read brings, so that large messages do not fill the memory. */
export const BATCH_ENTRIES = 200;
export const BATCH_BYTES = 4_000_000;
