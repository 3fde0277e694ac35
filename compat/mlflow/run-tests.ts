import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startPytest } from '../pytest.ts';
import type { Environment } from './environment.ts';
import type { Target } from './servers.ts';

export const testsFolder = join(import.meta.dirname, 'tests');

export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Methods of the client's two stores that no test called. */
  readonly untouched: readonly string[];
}

interface Run {
  readonly environment: Environment;
  readonly target: Target;
  /** Where the results are written. */
  readonly folder: string;
  /** Handed on to pytest. */
  readonly args: readonly string[];
}

/** Runs the tests of one release. Of MLflow's settings they are given MLFLOW_TRACKING_URI alone, as a script of a user is. */
export async function runTests({ environment, target, folder, args }: Run): Promise<Outcome> {
  const calls = join(folder, 'calls');
  const results = join(folder, 'results.xml');
  mkdirSync(calls, { recursive: true });
  const { child, ended } = startPytest({
    python: environment.python,
    folder: testsFolder,
    args: ['-n', '2', `--junitxml=${results}`, ...(target.isOurs ? ['--ours'] : []), ...args],
    env: { MLFLOW_TRACKING_URI: target.uri, MLAB_COMPAT_CALLS: calls },
  });
  const watch = new AbortController();
  const serverEnded = untilItIsGone(target.uri, watch.signal).then((ended) => ended && child.kill('SIGKILL'));
  const [code, signal] = await ended;
  watch.abort();
  if (await serverEnded) throw new Error(`${target.name} has ended while it was asked.`);
  // 0 and 1: all passed, some failed. 5: a selection that selects nothing.
  if (code !== 0 && code !== 1) throw new Error(`pytest ended with ${code ?? signal}.`);
  return { ...countsOf(readFileSync(results, 'utf8')), untouched: untouchedOf(calls) };
}

/** The client asks a server that is gone for a minute each time: nobody should wait for hundreds of these. */
async function untilItIsGone(uri: string, signal: AbortSignal): Promise<boolean> {
  for (let refused = 0; refused < REFUSALS;) {
    await wait(WATCH_MS, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return false;
    const isRefused = await fetch(`${uri}/version`, { signal: AbortSignal.timeout(30_000) }).then(
      () => false,
      (error: Error) => (error.cause as { code?: string } | undefined)?.code === 'ECONNREFUSED',
    );
    refused = isRefused ? refused + 1 : 0;
  }
  return true;
}

const WATCH_MS = 3000;
const REFUSALS = 3;

function countsOf(xml: string): Omit<Outcome, 'untouched'> {
  const suite = /<testsuite\b[^>]*>/.exec(xml)?.[0] ?? '';
  const count = (name: string): number => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(suite)?.[1] ?? Number.NaN);
  const failed = count('failures') + count('errors');
  const skipped = count('skipped');
  const passed = count('tests') - failed - skipped;
  if (!(passed >= 0)) throw new Error('The results of pytest cannot be read.');
  return { passed, failed, skipped };
}

function untouchedOf(folder: string): string[] {
  const known = new Set<string>();
  const called = new Set<string>();
  for (const file of readdirSync(folder)) {
    const calls = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { known: string[]; called: string[] };
    for (const name of calls.known) known.add(name);
    for (const name of calls.called) called.add(name);
  }
  return [...known].filter((name) => !called.has(name)).toSorted();
}
