/** `npm run bench -- inputlog`: inputs committed per second by the gateway, beside what one client can insert that does nothing else. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmbedded } from '@mlab/sql/embedded';
import { Client } from 'pg';
import { describeSetting } from '../load/report.ts';
import { readOptions } from '../load/options.ts';
import { startServer, urlOf } from '../load/server.ts';
import { insertLoop } from './insert-loop.ts';

const BUDGET_PER_SECOND = 5000;
/** As many as the budget names, unless --connections says otherwise. */
const CONNECTIONS = 64;
const PLATFORM = fileURLToPath(new URL('../../apps/platform/main.ts', import.meta.url));
const TEXT = 'The quick brown fox jumps over the lazy dog';
const CASES = [
  { name: 'logged only', body: JSON.stringify({ data: TEXT, forward_to_model: false }), budget: BUDGET_PER_SECOND },
  { name: 'forwarded', body: JSON.stringify({ data: TEXT }), budget: undefined },
] as const;

interface Round {
  readonly limit: number;
  readonly committed: number;
  readonly p50: number;
  readonly p99: number;
}

const { generator, pace, json, check } = readOptions({ connections: CONNECTIONS });
const folder = await mkdtemp(join(tmpdir(), 'mlab-bench-'));
try {
  const results = await measure();
  const setting = describeSetting(generator.name, pace);
  if (json) console.log(JSON.stringify({ bench: 'inputlog', setting, results }, undefined, 2));
  else print(results);
  if (check && results.some(({ met }) => !met)) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function measure() {
  await using postgres = await startEmbedded({ folder: join(folder, 'postgres') });
  const env = { DATABASE_URL: postgres.url, MLAB_HOME: folder };
  const program = (service: string, more: Record<string, string>) => ({
    name: service,
    command: [PLATFORM, `--target=${service}`, '--port', `${service}=0`] as [string, ...string[]],
    env: { ...env, ...more, MLAB_LOG_FILE: join(folder, `${service}.log`) },
  });
  await using predictor = await startServer(program('predictor', {}));
  await using gateway = await startServer(program('gateway', { SERVICE_B_URL: `${urlOf(predictor, 'predictor')}/predict` }));
  const url = `${urlOf(gateway, 'gateway')}/process`;
  const results = [];
  for (const { name, body, budget } of CASES) {
    await generator.run({ url, body, connections: pace.connections, seconds: pace.warmUpSeconds });
    const rounds: Round[] = [];
    for (let round = 0; round < pace.rounds; round++) {
      console.error(`round ${round + 1} of ${pace.rounds}: ${name}`);
      const limit = await insertLoop(postgres.url, pace.connections, TEXT, pace.seconds);
      const before = await committedInputs(postgres.url);
      const load = await generator.run({ url, body, connections: pace.connections, seconds: pace.seconds });
      if (load.failures > 0) throw new Error(`${load.failures} of ${load.requests} inputs failed: nothing to compare.`);
      const after = await committedInputs(postgres.url);
      // Requests under way when the generator stops are committed and not counted by it; fewer rows than answers would be a lie.
      if (after - before < load.requests) throw new Error(`${load.requests} inputs were answered and ${after - before} are in the log.`);
      rounds.push({ limit: limit.perSecond, committed: load.perSecond, p50: load.p50, p99: load.p99 });
    }
    const committed = median(rounds.map((round) => round.committed));
    results.push({
      name,
      committed,
      slowest: Math.min(...rounds.map((round) => round.committed)),
      p50: median(rounds.map((round) => round.p50)),
      p99: median(rounds.map((round) => round.p99)),
      limit: median(rounds.map((round) => round.limit)),
      ratio: median(rounds.map((round) => round.committed / round.limit)),
      budget,
      met: budget === undefined || committed >= budget,
    });
  }
  return results;
}

/** Asked of the database, not of the gateway. */
async function committedInputs(url: string): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: string }>('SELECT count(*) FROM gateway.input');
    return Number(rows[0]?.count);
  } finally {
    await client.end();
  }
}

function print(results: Awaited<ReturnType<typeof measure>>): void {
  console.log(`${generator.name}, ${pace.connections} connections, ${pace.rounds} rounds of ${pace.seconds} s; medians of the rounds`);
  for (const { name, committed, slowest, p50, p99, limit, ratio, budget, met } of results) {
    console.log(
      `\n${name}: ${committed.toFixed(0)} committed inputs/s (slowest round ${slowest.toFixed(0)}), p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
    );
    console.log(
      `  the limit, ${pace.connections} rows a statement by one client that does nothing else: ${limit.toFixed(0)} rows/s; ratio ${ratio.toFixed(2)}`,
    );
    if (budget !== undefined) console.log(`  budget >= ${budget}/s: ${met ? 'OK' : 'MISSED'}`);
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
