import { AppError, type CallMeta, type Clock, type Database, type Download } from '@mlab/kernel';
import type { Logger } from '@mlab/telemetry';
import { noRun, type Metric, type Run } from '#/domain/run.ts';
import { readId } from '#/domain/seen.ts';
import { findRun } from '#/store/runs.ts';
import { isOver, openFeed, type Feed } from './feed.ts';
import { openTurn } from './turn.ts';
import { tellLive } from './tell-live.ts';

export interface LiveMetricsOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: LiveSettings;
}

export interface LiveSettings {
  readonly livePollMs: number;
  readonly liveHeartbeatMs: number;
  readonly liveListeners: number;
  readonly liveBufferValues: number;
}

export interface LiveAsked {
  readonly id: string;
  readonly key?: readonly string[];
  readonly after?: string;
}

export interface LiveMetrics extends Disposable {
  /** Throws when there is no such run; all else goes wrong in the stream. */
  listen(call: CallMeta, asked: LiveAsked): Promise<Download>;
  readonly told: (runId: string, metrics: readonly Metric[], transaction: number) => void;
  readonly changed: (runId: string) => void;
  readonly counts: () => { readonly listeners: number; readonly runs: number };
}

/** One feed, as long as somebody listens. */
interface Shared {
  readonly opening: Promise<Feed | undefined>;
  feed: Feed | undefined;
  users: number;
}

export function openLiveMetrics({ database, clock, log, settings }: LiveMetricsOptions): LiveMetrics {
  const shared = new Map<string, Shared>();
  const inTurn = openTurn();
  let listeners = 0;

  function open(run: Run): Shared {
    const opening = openFeed({ database, run, clock, log, pollMs: settings.livePollMs });
    const opened: Shared = { opening, feed: undefined, users: 0 };
    shared.set(run.id, opened);
    opening.then(
      (feed) => {
        if (opened.users > 0) opened.feed = feed;
        else feed?.[Symbol.dispose]();
      },
      () => shared.get(run.id) === opened && shared.delete(run.id),
    );
    return opened;
  }
  function leave(run: Run, used: Shared): void {
    listeners--;
    if (--used.users > 0) return;
    if (shared.get(run.id) === used) shared.delete(run.id);
    used.feed?.[Symbol.dispose]();
  }

  async function* stream(call: CallMeta, run: Run, asked: LiveAsked): AsyncGenerator<Uint8Array, void, void> {
    if (listeners >= settings.liveListeners)
      throw new AppError('exhausted', `${settings.liveListeners} listen to runs already, and no more may (MLAB_TRACKING_LIVE_LISTENERS).`, {
        retryAfter: 5,
      });
    listeners++;
    const known = shared.get(run.id);
    // Who reads the end of a run slowly does not hold up those who come when it has been taken up again.
    const used = known === undefined || (known.feed !== undefined && isOver(known.feed.state)) ? open(run) : known;
    used.users++;
    try {
      const feed = await used.opening;
      if (feed === undefined) throw noRun(run.id);
      const keys = asked.key === undefined ? undefined : new Set(asked.key);
      const since = asked.after === undefined ? undefined : readId(asked.after);
      yield* tellLive({ database, clock, call, run, feed, keys, since, inTurn, settings });
    } finally {
      leave(run, used);
    }
  }

  return {
    async listen(call, asked) {
      if (asked.after !== undefined) readId(asked.after);
      const run = await findRun(database.for(call), asked.id);
      if (run === undefined) throw noRun(asked.id);
      return { contentType: 'text/event-stream; charset=utf-8', body: stream(call, run, asked) };
    },
    told: (runId, metrics, transaction) => shared.get(runId)?.feed?.told(metrics, transaction),
    changed: (runId) => shared.get(runId)?.feed?.changed(),
    counts: () => ({ listeners, runs: shared.size }),
    [Symbol.dispose]() {
      for (const { feed } of shared.values()) feed?.[Symbol.dispose]();
    },
  };
}
