import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';

export interface Sample {
  /** HTTP status, or 0 when the connection broke. */
  readonly status: number;
  readonly ms: number;
  /** When it ended, on the clock of `performance.now()`. */
  readonly at: number;
  readonly body: string;
}

export interface Load extends AsyncDisposable {
  readonly samples: readonly Sample[];
  /** Stops sending and waits for the answers under way. */
  readonly stop: () => Promise<readonly Sample[]>;
}

const BODY = JSON.stringify({ data: 'test input' });

/** With sixteen connections some 250 requests a second: enough to see what happens to them, and no machine at its limit. */
const PAUSE_MS = 60;

/**
 * Sends inputs to Service A over `connections` connections, each with the next one `pauseMs` after the last is answered. Where there are
 * several Service As, each connection goes to one of them, in turn.
 */
export function startLoad(urls: string | readonly string[], connections: number, { pauseMs = PAUSE_MS } = {}): Load {
  const list = [urls].flat();
  const pools = list.map((url) => new Pool(url, { connections, pipelining: 1, headersTimeout: 30_000, bodyTimeout: 30_000 }));
  const samples: Sample[] = [];
  const state = { going: true };
  const one = async (_: unknown, index: number): Promise<void> => {
    const pool = pools[index % pools.length] as Pool;
    while (state.going) {
      const began = performance.now();
      let status = 0;
      let text = '';
      try {
        const answer = await pool.request({
          method: 'POST',
          path: '/process',
          headers: { 'content-type': 'application/json' },
          body: BODY,
        });
        status = answer.statusCode;
        text = await answer.body.text();
      } catch {
        // A broken connection is a sample like any other; the tests say whether there may be any.
      }
      const at = performance.now();
      samples.push({ status, ms: at - began, at, body: text });
      if (pauseMs > 0 && state.going) await delay(pauseMs);
    }
  };
  const loops = Array.from({ length: connections }, one);
  const stop = async (): Promise<readonly Sample[]> => {
    state.going = false;
    await Promise.all(loops);
    return samples;
  };
  return {
    samples,
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
      await Promise.all(pools.map((pool) => pool.destroy()));
    },
  };
}

/** How often each status came. */
export function countStatuses(samples: readonly Sample[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of samples) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** The value below which `share` (0–1) of the latencies lie, in milliseconds. */
export function percentile(samples: readonly Sample[], share: number): number {
  const sorted = samples.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
