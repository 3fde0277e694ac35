import type { CallMeta, Clock, Database } from '@mlab/kernel';
import { eventText, heartbeat, metricJson, retryAfter } from '#/domain/event-stream.ts';
import type { Metric, Run } from '#/domain/run.ts';
import { idOf, type Seen } from '#/domain/seen.ts';
import { readBetween, readMoment, type Place, type RunState } from '#/store/arrivals.ts';
import type { Feed } from './feed.ts';
import type { LiveSettings } from './live-metrics.ts';
import { openListener, type Listener, type News } from './listener.ts';
import type { Turn } from './turn.ts';

export interface TellLiveOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly call: CallMeta;
  readonly run: Run;
  readonly feed: Feed;
  /** Absent: all metrics. */
  readonly keys: ReadonlySet<string> | undefined;
  /** What the listener has heard before. */
  readonly since: Seen | undefined;
  /** Many who come again at once must not take all connections to the database. */
  readonly inTurn: Turn;
  readonly settings: LiveSettings;
}

/** The end of its call breaks a stream off; it is better to end a moment before. */
const MARGIN_MS = 500;
const RETRY_MS = 2000;
/** A run that has ended is not asked about again by a client that does not close. */
const RETRY_ENDED_MS = 86_400_000;
const PAGE = 1000;

/** The stream of one listener: the latest values or what he has missed, and then all that comes, until the run ends. */
export async function* tellLive(options: TellLiveOptions): AsyncGenerator<Uint8Array, void, void> {
  const { clock, call, feed, keys, settings } = options;
  const listener = openListener(settings.liveBufferValues);
  feed.join(listener);
  try {
    yield bytes(retryAfter(RETRY_MS) + (options.since === undefined ? latestText(options) : ''));
    const heard = options.since === undefined ? undefined : yield* missed(options, listener, options.since);
    let told = '';
    for (;;) {
      const leftMs = call.deadline - MARGIN_MS - clock.monotonic();
      if (call.signal.aborted || leftMs <= 0) return;
      using wait = patience(clock, call.signal, Math.min(settings.liveHeartbeatMs, leftMs));
      const taken = await listener.take(wait.over);
      // What the feed knows was told to this listener before, so that this is the place to go on from.
      const id = idOf(heard !== undefined && heard.end > feed.seen.end ? heard : feed.seen);
      if (taken.kind === 'news') {
        const metrics = jsonOf(taken.news, keys);
        if (metrics === '') continue;
        yield bytes(eventText({ event: 'metrics', id, data: `{"metrics":[${metrics}]}` }));
      } else if (taken.kind === 'missed') {
        yield bytes(eventText({ event: 'missed', data: JSON.stringify({ values: taken.values }) }) + latestText(options));
      } else if (taken.kind === 'ended') {
        yield bytes(retryAfter(RETRY_ENDED_MS) + eventText({ event: 'end', id, data: stateJson(taken.state) }));
        return;
      } else if (taken.kind === 'closed') return;
      else yield bytes(heartbeat(id === told ? undefined : id));
      told = id;
    }
  } finally {
    feed.leave(listener);
  }
}

/**
 * What was committed since the listener heard the last, and again what was committed meanwhile when that was too much to be held.
 * Answers up to where he has heard now.
 */
async function* missed(options: TellLiveOptions, listener: Listener, since: Seen): AsyncGenerator<Uint8Array, Seen | undefined, void> {
  const { database, call, run, keys, inTurn } = options;
  const db = database.for(call);
  let from = since;
  for (;;) {
    // Before the moment: what is held from here on may come twice, and none is lost.
    listener.clear();
    const until = await inTurn(() => readMoment(db));
    if (from.end > until.end) {
      // Not of this database, or of one that was set back.
      yield bytes(eventText({ event: 'missed', data: '{}' }) + latestText(options));
      return undefined;
    }
    let after: Place | undefined;
    for (let whole = true; whole;) {
      const page = await inTurn(() => readBetween(db, run.no, { since: from, until }, { after, limit: PAGE }));
      after = page.at(-1)?.place;
      whole = page.length === PAGE;
      const metrics = jsonOf([{ metrics: page }], keys);
      if (metrics !== '') yield bytes(eventText({ event: 'metrics', data: `{"metrics":[${metrics}]}` }));
    }
    yield bytes(heartbeat(idOf(until)));
    if (!listener.overflowed) return until;
    from = until;
  }
}

function latestText({ feed, run, keys }: TellLiveOptions): string {
  const metrics = [...feed.latest.values()].filter(({ key }) => keys === undefined || keys.has(key)).map(metricJson);
  const about = JSON.stringify({ id: run.id, name: run.name, startTime: run.startMs, ...stateOf(feed.state) });
  return eventText({ event: 'latest', id: idOf(feed.seen), data: `{"run":${about},"metrics":[${metrics.join(',')}]}` });
}

const stateOf = ({ status, endMs, lifecycleStage }: RunState): object => ({ status, endTime: endMs, lifecycleStage });

const stateJson = (state: RunState | undefined): string =>
  JSON.stringify(state === undefined ? { lifecycleStage: 'gone' } : stateOf(state));

/** Most listen to all metrics, and the text is the same for all of them. */
const whole = new WeakMap<News, string>();

function jsonOf(news: readonly News[], keys: ReadonlySet<string> | undefined): string {
  const texts = news.map((one) => {
    if (keys !== undefined) return list(one.metrics.filter(({ key }) => keys.has(key)));
    const known = whole.get(one) ?? list(one.metrics);
    whole.set(one, known);
    return known;
  });
  return texts.filter((text) => text !== '').join(',');
}

const list = (metrics: readonly Metric[]): string => metrics.map(metricJson).join(',');

const bytes = (text: string): Uint8Array => Buffer.from(text);

/** Is over after so long, or when the signal is given. */
function patience(clock: Clock, signal: AbortSignal, ms: number): { readonly over: Promise<void> } & Disposable {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.schedule(ms, resolve);
  const abort = (): void => resolve();
  signal.addEventListener('abort', abort);
  return {
    over: promise,
    [Symbol.dispose]() {
      cancel();
      signal.removeEventListener('abort', abort);
    },
  };
}
