import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@mlab/kernel/errors';
import { explainRefusal } from './account.ts';
import { programPath } from './binaries.ts';
import { endProcesses, PATIENCE_MS } from './end-processes.ts';
import { endWithParent } from './end-with-parent.ts';
import { explainFailure, isPortTaken, rememberOutput } from './explain-failure.ts';
import { LAUNCHER } from './end-leftover.ts';
import { clusterName, readPostmasterFile } from './postgres-processes.ts';
import type { Cluster } from './prepare-cluster.ts';
import { identityOf } from './process-identity.ts';
import { environment } from './run-program.ts';
import { signalPostgres } from './signal-postgres.ts';

const READY_WITHIN_SECONDS = 60;
const LOOK_EVERY_MS = 10;

export interface LaunchOptions {
  readonly port: number;
  /** Hears each line of PostgreSQL's own log. */
  readonly log?: (line: string) => void;
  /** Longer than a start takes after a crash, when PostgreSQL first repeats what its log says. */
  readonly readyWithinSeconds?: number;
}

/** A server from its start to its end. */
export interface RunningCluster extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly pid: number | undefined;
  readonly port: number;
  /** With user and password. */
  readonly url: string;
  /** Resolves when it takes connections; rejects with one sentence when it does not get there. */
  readonly ready: Promise<void>;
  /** Resolves when it is gone, with why, in words that continue "postgres …". */
  readonly exited: Promise<string>;
  /** Asks it to end now: no new connections, those open are cut, all is written. */
  terminate(): void;
  /** The same, waits for the end, and becomes rougher when it takes long. Nothing acknowledged is lost in any case. */
  stop(): Promise<void>;
  /** Ends it and all its processes by SIGKILL. */
  kill(): Promise<void>;
}

/** Starts PostgreSQL as a child of this process. */
export function launchCluster(cluster: Cluster, options: LaunchOptions): RunningCluster {
  const { port, log = () => undefined, readyWithinSeconds = READY_WITHIN_SECONDS } = options;
  const output = rememberOutput();
  const child = spawnServer(cluster, port);
  endWithParent(child, cluster.account);
  createInterface({ input: child.stderr, crlfDelay: Infinity }).on('line', (line) => {
    output.hear(line);
    log(line);
  });
  const exited = new Promise<string>((resolve) => {
    const end = (code: number | null, signal: string | null): void => resolve(describeEnd(code, signal, output.text()));
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    // Its last line says why, and comes before 'close'; but 'close' also waits for its processes, which outlive a SIGKILL for a moment.
    child.once('close', end);
    child.once('exit', (code, signal) => setTimeout(end, 500, code, signal).unref());
  });

  function terminate(): void {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) signalPostgres(child.pid, 'SIGINT');
  }

  async function kill(): Promise<void> {
    // One that did not get to own the data has no processes, and those that are there are somebody else's.
    const owns = child.pid !== undefined && (await readPostmasterFile(cluster.data))?.pid === child.pid;
    child.kill('SIGKILL');
    await exited;
    if (owns) await endProcesses(cluster.data, ['SIGKILL']);
  }

  async function stop(): Promise<void> {
    terminate();
    if (await endsWithin(PATIENCE_MS.SIGINT, exited)) return;
    if (child.pid !== undefined) signalPostgres(child.pid, 'SIGQUIT');
    if (!(await endsWithin(PATIENCE_MS.SIGQUIT, exited))) await kill();
  }

  const ready = becomesReady(cluster, child, exited, readyWithinSeconds).catch(async (error: unknown) => {
    await kill();
    if (isPortTaken(output.text())) throw new AppError('conflict', `PostgreSQL did not start: another program listens on port ${port}.`);
    throw error;
  });
  // Whoever waits for `exited` alone does not have to look at it.
  ready.catch(() => undefined);
  const url = cluster.url(port);
  return { child, pid: child.pid, port, url, ready, exited, terminate, stop, kill, [Symbol.asyncDispose]: stop };
}

function spawnServer(cluster: Cluster, port: number) {
  try {
    return spawn(programPath(cluster.binaries, 'postgres'), serverArguments(cluster, port), {
      cwd: cluster.data,
      env: environment(),
      stdio: ['ignore', 'ignore', 'pipe'],
      // The terminal's Ctrl-C is for whoever started this, who stops the database last.
      detached: process.platform !== 'win32',
      windowsHide: true,
      ...cluster.account,
    });
  } catch (error) {
    throw new AppError('unavailable', `PostgreSQL could not be started: ${explainRefusal(error, cluster.account)}.`, { cause: error });
  }
}

function serverArguments(cluster: Cluster, port: number): string[] {
  const settings = { port, cluster_name: clusterName(cluster.data), [LAUNCHER]: identityOf(process.pid) };
  return ['-D', cluster.dataArgument, ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`)];
}

/** PostgreSQL tells in a file that it takes connections; this is what its own pg_ctl looks at. */
async function becomesReady(cluster: Cluster, child: ChildProcess, exited: Promise<string>, withinSeconds: number): Promise<void> {
  const deadline = Date.now() + withinSeconds * 1000;
  let end: string | undefined;
  void exited.then((why) => (end = why));
  for (;;) {
    const file = await readPostmasterFile(cluster.data);
    if (file?.ready && file.pid === child.pid) return;
    if (end !== undefined) throw new AppError('unavailable', `PostgreSQL did not start: it ${end}.`);
    if (Date.now() > deadline) throw new AppError('unavailable', `PostgreSQL did not start within ${withinSeconds} s.`);
    await delay(LOOK_EVERY_MS);
  }
}

function describeEnd(code: number | null, signal: string | null, output: string): string {
  if (signal) return `was ended by ${signal}`;
  return code === 0 ? 'ended when it was asked to' : `ended with code ${code}: ${explainFailure(output)}`;
}

async function endsWithin(milliseconds: number, exited: Promise<string>): Promise<boolean> {
  const patience = new AbortController();
  const late = delay(milliseconds, false, { signal: patience.signal }).catch(() => true);
  const ended = await Promise.race([exited.then(() => true), late]);
  patience.abort();
  return ended;
}
