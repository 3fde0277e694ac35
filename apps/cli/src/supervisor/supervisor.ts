import { tryLock } from '../../bootstrap/lock.mjs';
import { CliError } from '../cli-error.ts';
import { type Home, logFile, openHome } from '../home.ts';
import { appendLogLine, rotateWhenLarge } from '../logs/append.ts';
import { requireFreePorts } from '../ports/require-free-ports.ts';
import { type ProcessPlan, selectProcesses } from '../topology.ts';
import type { ControlAnswer, ControlRequest } from './control-protocol.ts';
import { serveControl } from './control-server.ts';
import { launchPlatform } from './launch.ts';
import { type ManagedProcess, manageProcess } from './managed-process.ts';
import { memoryOf } from './memory.ts';
import type { ProcessStatus } from './process-status.ts';
import { readReadyWithin } from './ready-within.ts';
import { endLeftovers, removeRecord, writeRecord } from './record.ts';

const LOG_LIMIT_BYTES = 5_000_000;

export interface Supervisor {
  /** Starts the named processes one after the other, each when those before it are ready. */
  start(names: readonly string[]): Promise<void>;
  /** Stops the named processes, the last one started first. */
  stop(names: readonly string[]): Promise<void>;
  status(): Promise<ProcessStatus[]>;
  /** Stops everything, the last one started first, and gives up the lock. Resolves when all is gone. */
  end(): Promise<void>;
  /** Does not wait for work to be finished. */
  kill(): void;
  /** Resolves when `end` is through, whoever asked for it. */
  readonly ended: Promise<void>;
}

/** Thrown when another supervisor already serves this MLAB_HOME. */
export class AlreadyRunning extends CliError {}

/** Becomes the one supervisor of this MLAB_HOME. */
export async function openSupervisor(plans: readonly ProcessPlan[], home: Home): Promise<Supervisor> {
  openHome(home);
  const lock = tryLock(home.lock);
  if (!lock.release) {
    throw new AlreadyRunning(
      `mlab already runs${lock.pid ? ` (its supervisor is process ${lock.pid})` : ''}: mlab ps shows it, mlab down ends it.`,
    );
  }
  try {
    return await supervise(plans, home, lock.release);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function supervise(plans: readonly ProcessPlan[], home: Home, release: () => void): Promise<Supervisor> {
  const ownLog = logFile(home, 'supervisor');
  rotateWhenLarge(ownLog, LOG_LIMIT_BYTES);
  const log = (level: 'info' | 'error', message: string): void => appendLogLine(ownLog, { level, process: 'supervisor', message });
  const leftovers = await endLeftovers(home);
  if (leftovers.length > 0) {
    log('info', `Ended what a killed supervisor had left: ${leftovers.map(({ name, pid }) => `${name} (process ${pid})`).join(', ')}.`);
  }

  const readyWithinSeconds = readReadyWithin(process.env);
  const processes = plans.map((plan) =>
    manageProcess(plan, {
      launch: (which) => launchPlatform(which, home),
      changed: (level, sentence) => {
        log(level, sentence);
        writeRecord(home, livingOf(processes));
      },
      random: Math.random,
      readyWithinSeconds,
    }),
  );
  const chosen = (names: readonly string[]): ManagedProcess[] => {
    const wanted = selectProcesses(plans, names);
    return processes.filter(({ plan }) => wanted.includes(plan));
  };
  const finished = Promise.withResolvers<void>();
  let ending: Promise<void> | undefined;

  // Requests come when this function has gone on, and the supervisor is there.
  const server = await serveControl(home, (request) => obey(supervisor, request));

  async function end(): Promise<void> {
    await stopInOrder(processes);
    // Until here it can be asked how far the end has come.
    server.close();
    removeRecord(home);
    log('info', 'The supervisor ends.');
    release();
    finished.resolve();
  }

  const supervisor: Supervisor = {
    start: (names) => startInOrder(chosen(names), () => ending !== undefined),
    stop: (names) => stopInOrder(chosen(names)),
    status: () => Promise.all(processes.map(statusWithMemory)),
    end: () => (ending ??= end()),
    kill: () => processes.forEach((managed) => managed.kill()),
    ended: finished.promise,
  };
  log('info', `The supervisor is process ${process.pid}.`);
  return supervisor;
}

async function startInOrder(chosen: readonly ManagedProcess[], isEnding: () => boolean): Promise<void> {
  await requireFreePorts(chosen.filter((managed) => managed.status().pid === undefined).flatMap(({ plan }) => plan.services));
  for (const managed of chosen) {
    if (isEnding()) throw new CliError('mlab ends, and starts nothing more.');
    await managed.start();
  }
}

async function stopInOrder(chosen: readonly ManagedProcess[]): Promise<void> {
  for (const managed of chosen.toReversed()) await managed.stop();
}

async function obey(supervisor: Supervisor, request: ControlRequest): Promise<ControlAnswer> {
  if (request.type === 'status') return { type: 'status', pid: process.pid, processes: await supervisor.status() };
  if (request.type === 'down') await supervisor.end();
  else {
    if (request.type !== 'start') await supervisor.stop(request.processes);
    if (request.type !== 'stop') await supervisor.start(request.processes);
  }
  return { type: 'done' };
}

async function statusWithMemory(managed: ManagedProcess): Promise<ProcessStatus> {
  const status = managed.status();
  const memoryBytes = status.pid === undefined ? undefined : await memoryOf(status.pid);
  return memoryBytes === undefined ? status : { ...status, memoryBytes };
}

function livingOf(processes: readonly ManagedProcess[]): { name: string; pid: number }[] {
  return processes.flatMap((managed) => {
    const { process: name, pid } = managed.status();
    return pid === undefined ? [] : [{ name, pid }];
  });
}
