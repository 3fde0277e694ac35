/** The load: plain HTTP from this process, without the Python client, which would take longer than the servers. */
import { Pool } from 'undici';

export interface Ask {
  readonly method: 'GET' | 'POST';
  /** Below the root of the server, such as `/api/2.0/mlflow/runs/get?run_id=…`. */
  readonly path: string;
  readonly body?: string;
}

export interface Sample {
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** Of all processes of the server, for each piece of work. It hardly moves when other programs use the machine. */
  readonly cpuMs: number;
}

export interface Door extends AsyncDisposable {
  ask(ask: Ask): Promise<string>;
}

/** Connections to one server. An answer that is no success ends the run: a server that fails fast looks fast. */
export function openDoor(uri: string, connections: number): Door {
  const { origin, pathname } = new URL(uri);
  const root = pathname.replace(/\/$/, '');
  const pool = new Pool(origin, { connections, pipelining: 1, headersTimeout: 120_000, bodyTimeout: 120_000 });
  return {
    async ask({ method, path, body }) {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const answer = await pool.request({ method, path: root + path, headers, ...(body === undefined ? {} : { body }) });
      const text = await answer.body.text();
      if (answer.statusCode !== 200) throw new Error(`${method} ${uri}${path} answered ${answer.statusCode}: ${text.slice(0, 300)}`);
      return text;
    },
    [Symbol.asyncDispose]: () => pool.close(),
  };
}

export interface Load {
  readonly connections: number;
  readonly seconds: number;
  /** One piece of work, however many requests it takes. */
  readonly work: (door: Door, number: number) => Promise<unknown>;
}

/** Each connection has one piece of work at a time, until the seconds are over; at least one is done. */
export async function run(uri: string, { connections, seconds, work }: Load): Promise<Omit<Sample, 'cpuMs'>> {
  await using door = openDoor(uri, connections);
  const took: number[] = [];
  let next = 0;
  const began = performance.now();
  const end = began + seconds * 1000;
  const loop = async (): Promise<void> => {
    do {
      const at = performance.now();
      await work(door, next++);
      took.push(performance.now() - at);
    } while (performance.now() < end);
  };
  await Promise.all(Array.from({ length: connections }, loop));
  const elapsed = (performance.now() - began) / 1000;
  const sorted = took.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { requests: took.length, perSecond: took.length / elapsed, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
