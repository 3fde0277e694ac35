import { rootCall, type Clock, type Database } from '@mlab/kernel';
import type { Logger } from '@mlab/telemetry';
import { isLater, storedValue, type Metric, type Run } from '#/domain/run.ts';
import { hasSeen, type Seen } from '#/domain/seen.ts';
import { glance, readArrivals, readLatest, type RunState } from '#/store/arrivals.ts';
import type { Listener, News } from './listener.ts';

export interface FeedOptions {
  readonly database: Database;
  readonly run: Pick<Run, 'id' | 'no'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Longest wait between two looks into the database, in milliseconds, unless a look takes long. */
  readonly pollMs: number;
}

/** What is committed about one run, for all who listen to it. */
export interface Feed extends Disposable {
  /** What it has told so far: whoever has heard that hears the rest from it. */
  readonly seen: Seen;
  readonly state: RunState;
  readonly latest: ReadonlyMap<string, Metric>;
  readonly listeners: number;
  join(listener: Listener): void;
  leave(listener: Listener): void;
  /** Values that this process has committed. */
  told(metrics: readonly Metric[], transaction: number): void;
  /** The run itself has changed. */
  changed(): void;
}

/** After a look that found something, in milliseconds. */
const SOON_MS = 250;
/** A look may take a twentieth of the time at most: in a run of a million values it takes a while. */
const SHARE = 20;
/** Until then a glance does where a look takes long, in milliseconds. */
const THOROUGH_MS = 10_000;
const LOOK_MS = 10_000;
/** More values than this are not told one by one, but as the latest of each metric. */
const MAX_ARRIVALS = 5000;

export const isOver = ({ status, lifecycleStage }: RunState): boolean =>
  lifecycleStage === 'deleted' || (status !== 'RUNNING' && status !== 'SCHEDULED');

/**
 * Hears at once what this process commits, and looks into the database for what others have: writers pay nothing for listeners, and
 * however many listen, one looks. Each value is told once. Undefined when the run is gone.
 */
export async function openFeed({ database, run, clock, log, pollMs }: FeedOptions): Promise<Feed | undefined> {
  const db = () => database.for(rootCall('tracking', LOOK_MS));
  const listeners = new Set<Listener>();
  /** Transactions that were told, and that `seen` does not know yet. */
  const told = new Set<number>();
  const first = await readLatest(db(), run.no);
  if (first === undefined) return undefined;
  let { seen, state } = first;
  const latest = new Map(first.metrics.map((metric) => [metric.key, metric]));
  let cancelTimer = (): void => {};
  let looking = false;
  /** Whether a look is wanted now, whatever it costs. */
  let again = false;
  let closed = false;
  let waitMs = SOON_MS;
  let lookedAt = clock.monotonic();
  let lookMs = 0;

  const tell = (metrics: readonly Metric[]): void => {
    for (const metric of metrics) {
      const known = latest.get(metric.key);
      if (known === undefined || isLater(metric, known)) latest.set(metric.key, metric);
    }
    const news: News = { metrics };
    for (const listener of listeners) listener.push(news);
  };
  const advance = (to: Seen): void => {
    seen = to;
    for (const transaction of told) if (hasSeen(to, transaction)) told.delete(transaction);
  };
  const end = (last: RunState | undefined): void => {
    for (const listener of listeners) listener.end(last);
  };

  /** Whether a glance says that there is nothing to look for, or that it is too early to look. */
  async function isQuiet(): Promise<boolean> {
    const sinceMs = clock.monotonic() - lookedAt;
    if (lookMs * SHARE < pollMs || sinceMs > Math.max(THOROUGH_MS, lookMs * 2 * SHARE)) return false;
    const now = await glance(db(), run.no, seen, [...told]);
    return now !== undefined && !isOver(now.state) && (!now.isNews || sinceMs < lookMs * SHARE);
  }

  /** Whether it found something that others have committed. */
  async function look(): Promise<boolean> {
    if (!again && (await isQuiet())) return false;
    again = false;
    lookedAt = clock.monotonic();
    const found = await readArrivals(db(), run.no, seen, { without: [...told], limit: MAX_ARRIVALS + 1 });
    if (closed) return false;
    lookMs = clock.monotonic() - lookedAt;
    if (found === undefined) return (end(undefined), false);
    if (found.metrics.length > MAX_ARRIVALS) return skip();
    // What was told while the database was asked.
    const fresh = found.metrics.filter(({ transaction }) => !told.has(transaction));
    if (fresh.length > 0) tell(fresh.map(({ key, value, timestamp, step }) => ({ key, value, timestamp, step })));
    advance(found.seen);
    state = found.state;
    if (isOver(state)) end(state);
    return fresh.length > 0;
  }

  async function skip(): Promise<boolean> {
    const now = await readLatest(db(), run.no);
    if (now === undefined || closed) return false;
    for (const metric of now.metrics) latest.set(metric.key, metric);
    advance(now.seen);
    for (const listener of listeners) listener.miss(MAX_ARRIVALS);
    return true;
  }

  function next(): void {
    cancelTimer();
    if (closed || looking) return;
    looking = true;
    look()
      .then(
        (found) => (waitMs = found ? SOON_MS : Math.min(waitMs * 2, pollMs)),
        (error: unknown) => {
          waitMs = pollMs;
          log.warn({ err: error, run: run.id }, 'What was logged elsewhere could not be read for those who listen; it is tried again.');
        },
      )
      .finally(() => {
        looking = false;
        // Nothing more comes of a run that is over, unless it is taken up again: then it is told.
        if (!closed && (again || !isOver(state))) cancelTimer = clock.schedule(again ? 0 : waitMs, next);
      });
  }
  cancelTimer = clock.schedule(SOON_MS, next);

  return {
    get seen() {
      return seen;
    },
    get state() {
      return state;
    },
    latest,
    get listeners() {
      return listeners.size;
    },
    join(listener) {
      listeners.add(listener);
      if (isOver(state)) listener.end(state);
    },
    leave: (listener) => void listeners.delete(listener),
    told(metrics, transaction) {
      if (hasSeen(seen, transaction)) return;
      told.add(transaction);
      tell(metrics.map((metric) => ({ ...metric, value: storedValue(metric.value) })));
    },
    changed() {
      again = true;
      next();
    },
    [Symbol.dispose]() {
      closed = true;
      cancelTimer();
      for (const listener of listeners) listener.close();
    },
  };
}
