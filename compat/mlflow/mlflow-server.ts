/** MLflow's own server, started as its documentation says, in a group of processes of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../../tests/crash/free-port.ts';
import type { Environment } from './environment.ts';

export interface MlflowOptions {
  /** Where artifacts, the log and all else that it writes lie. */
  readonly folder: string;
  /** As `--backend-store-uri` takes it; default: SQLite in the folder. */
  readonly store?: string;
  readonly args?: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export interface MlflowServer extends AsyncDisposable {
  readonly uri: string;
  /** From the start of the program to its first answer out of its database. */
  readonly startedWithinMs: number;
  /** Of the group: the processes that it starts have others. */
  readonly pid: number;
  /** Stops and resumes all its processes, so that it takes nothing from others that are measured. */
  pause(): void;
  resume(): void;
}

const START_SECONDS = 120;

export async function startMlflowServer({ python, mlflow }: Environment, options: MlflowOptions): Promise<MlflowServer> {
  const { folder, store = `sqlite:///${join(folder, 'mlflow.db')}`, args = [], env } = options;
  const port = await freePort();
  const began = performance.now();
  const place = ['--backend-store-uri', store, '--artifacts-destination', join(folder, 'artifacts')];
  const child = spawn(python, ['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', `${port}`, ...place, ...args], {
    cwd: folder,
    // It starts others and does not always end them.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, DO_NOT_TRACK: 'true' },
  });
  const log = createWriteStream(join(folder, 'mlflow.log'), { flags: 'a' });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const gone = once(child, 'exit');
  const tellGroup = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // It has ended already.
    }
  };
  const endWithParent = (): void => tellGroup('SIGKILL');
  process.once('exit', endWithParent);
  const stop = async (): Promise<void> => {
    tellGroup('SIGCONT');
    tellGroup('SIGTERM');
    await Promise.race([gone, wait(5000, undefined, { ref: false })]);
    tellGroup('SIGKILL');
    process.off('exit', endWithParent);
    log.end();
  };
  const uri = `http://127.0.0.1:${port}`;
  try {
    await untilItAnswers(`${uri}/api/2.0/mlflow/experiments/get?experiment_id=0`, () => child.exitCode !== null);
  } catch (error) {
    await stop();
    const said = readFileSync(join(folder, 'mlflow.log'), 'utf8').slice(-2000);
    throw new Error(`mlflow server ${mlflow} did not start. It said last:\n${said}`, { cause: error });
  }
  return {
    uri,
    startedWithinMs: performance.now() - began,
    pid: child.pid ?? 0,
    pause: () => tellGroup('SIGSTOP'),
    resume: () => tellGroup('SIGCONT'),
    [Symbol.asyncDispose]: stop,
  };
}

async function untilItAnswers(url: string, hasEnded: () => boolean): Promise<void> {
  for (const end = Date.now() + START_SECONDS * 1000; Date.now() < end; await wait(20)) {
    if (hasEnded()) break;
    const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) }).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return;
  }
  throw new Error(`${url} did not answer`);
}
