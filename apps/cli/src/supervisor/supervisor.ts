import { availableParallelism } from 'node:os';
import { tryLock } from '../../bootstrap/lock.mjs';
import { CliError, usageError } from '../cli-error.ts';
import { type Home, logFile, openHome } from '../home.ts';
import { appendLogLine, rotateWhenLarge } from '../logs/append.ts';
import { type LabPlan, scaleProblem } from '../topology/plan-lab.ts';
import { select, type Selected } from '../topology/select.ts';
import { serveControl } from './control-server.ts';
import { platformSpec } from './launch.ts';
import type { ManagedProcess } from './managed-process.ts';
import { memoryOf } from './memory.ts';
import { obey } from './obey.ts';
import { openGroup, type ProcessGroup } from './process-group.ts';
import type { Outcome, ProcessStatus, SupervisorStatus } from './process-status.ts';
import { readReadyWithin } from './ready-within.ts';
import { endLeftovers, removeRecord, writeRecord } from './record.ts';
import { openSlots } from './slots.ts';
import { stopPhases } from './stop-phases.ts';

/** The name under which the database runs, which the end of its processes is not recorded by. */
const POSTGRES = 'postgres';
const LOG_LIMIT_BYTES = 5_000_000;

export interface Supervisor {
  /** Starts the named processes at the same time, the database before them; all when none is named. */
  start(names: readonly string[]): Promise<Outcome>;
  /** Stops the named processes: whoever calls before whom it calls, the database last. */
  stop(names: readonly string[]): Promise<Outcome>;
  /** One process after the other, and one instance after the other; the database only when it is named. */
  restart(names: readonly string[]): Promise<Outcome>;
  /** Brings processes to as many instances as are wished for. */
  scale(counts: Readonly<Record<string, number>>): Promise<Outcome>;
  status(): Promise<SupervisorStatus>;
  /** All instances that there are now. */
  names(): string[];
  /** Stops everything and gives up the lock. Resolves when all is gone. */
  end(): Promise<void>;
  /** Does not wait for work to be finished. */
  kill(): void;
  /** Resolves when `end` is through, whoever asked for it. */
  readonly ended: Promise<void>;
}

/** Thrown when another supervisor already serves this MLAB_HOME. */
export class AlreadyRunning extends CliError {}

/** Becomes the one supervisor of this MLAB_HOME. */
export async function openSupervisor(plan: LabPlan, home: Home): Promise<Supervisor> {
  openHome(home);
  const lock = tryLock(home.lock);
  if (!lock.release) {
    throw new AlreadyRunning(
      `mlab already runs${lock.pid ? ` (its supervisor is process ${lock.pid})` : ''}: mlab ps shows it, mlab down ends it.`,
    );
  }
  try {
    return await supervise(plan, home, lock.release);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function supervise(plan: LabPlan, home: Home, release: () => void): Promise<Supervisor> {
  const ownLog = logFile(home, 'supervisor');
  rotateWhenLarge(ownLog, LOG_LIMIT_BYTES);
  const log = (level: 'info' | 'error', message: string): void => appendLogLine(ownLog, { level, process: 'supervisor', message });
  const leftovers = await endLeftovers(home);
  if (leftovers.length > 0) {
    log('info', `Ended what a killed supervisor had left: ${leftovers.map(({ name, pid }) => `${name} (process ${pid})`).join(', ')}.`);
  }

  const readyWithinSeconds = readReadyWithin(process.env);
  const around = {
    changed(level: 'info' | 'error', sentence: string): void {
      log(level, sentence);
      writeRecord(home, livingOf(groups.filter((group) => group !== database)));
    },
    random: Math.random,
    inSlot: openSlots(Math.max(4, availableParallelism())),
  };
  // Loaded only where it is needed: it is a quarter of all that the supervisor loads.
  const postgres = plan.database.kind === 'embedded' ? (await import('./postgres.ts')).openPostgres(plan.database, home) : undefined;
  const database =
    postgres &&
    openGroup(
      { name: POSTGRES, services: [], neededBy: plan.processes.map(({ name }) => name), instances: 1, specOf: () => postgres.spec },
      around,
    );
  const platform = {
    home,
    listen: plan.listen,
    readyWithinSeconds,
    databaseUrl: () => postgres?.url(),
    hasDatabase: () => plan.database.kind === 'external' || postgres?.url() !== undefined,
  };
  const groups: ProcessGroup[] = [
    ...(database ? [database] : []),
    ...plan.processes.map((process) =>
      openGroup(
        {
          ...process,
          services: process.services.map(({ name }) => name),
          specOf: (number) => platformSpec(process, number, platform),
        },
        around,
      ),
    ),
  ];
  const finished = Promise.withResolvers<void>();
  let ending: Promise<void> | undefined;

  const failuresOf = async (
    chosen: readonly Selected<ProcessGroup>[],
    work: (one: Selected<ProcessGroup>) => Promise<readonly string[]>,
  ): Promise<Outcome> => ({
    processes: namesOf(chosen),
    failures: (await Promise.all(chosen.map(work))).flat(),
  });
  const refuseWhenEnding = (): void => {
    if (ending) throw new CliError('mlab ends, and starts nothing more.');
  };

  async function start(names: readonly string[]): Promise<Outcome> {
    refuseWhenEnding();
    const chosen = select(groups, names);
    const failures = database && chosen.length > 0 ? await startDatabase(database, refuseWhenEnding) : [];
    refuseWhenEnding();
    const others = await failuresOf(
      chosen.filter(({ target }) => target !== database),
      ({ target, instance }) => target.start(instance),
    );
    return { processes: namesOf(chosen), failures: [...failures, ...others.failures] };
  }

  async function stop(names: readonly string[]): Promise<Outcome> {
    const chosen = select(groups, names);
    for (const phase of stopPhases(chosen.map((one) => ({ ...one, name: one.target.name, neededBy: one.target.neededBy })))) {
      await Promise.all(phase.map(({ target, instance }) => target.stop(instance)));
    }
    return { processes: namesOf(chosen), failures: [] };
  }

  async function restart(names: readonly string[]): Promise<Outcome> {
    refuseWhenEnding();
    const chosen = select(groups, names).filter(({ target }) => names.length > 0 || target !== database);
    const failures: string[] = [];
    for (const { target, instance } of chosen) {
      if (ending) break;
      failures.push(...(await target.restart(instance)));
    }
    return { processes: namesOf(chosen), failures };
  }

  async function scale(counts: Readonly<Record<string, number>>): Promise<Outcome> {
    refuseWhenEnding();
    const wishes = Object.entries(counts).map(([name, count]) => {
      const chosen = select(groups, [name])[0];
      if (!chosen || chosen.instance !== undefined) throw usageError(`${name} is one instance; name its process to scale it.`);
      if (chosen.target === database) throw usageError('postgres runs once; a larger one is set by DATABASE_URL.');
      const process = plan.processes.find((one) => one.name === chosen.target.name);
      const problem = process && count > 1 ? scaleProblem(plan, process) : undefined;
      if (problem !== undefined) throw new CliError(problem);
      return { chosen, count };
    });
    const failures = await Promise.all(wishes.map(({ chosen, count }) => chosen.target.scale(count)));
    return { processes: namesOf(wishes.map(({ chosen }) => chosen)), failures: failures.flat() };
  }

  async function end(): Promise<void> {
    await stop([]);
    // Until here it can be asked how far the end has come.
    server.close();
    removeRecord(home);
    log('info', 'The supervisor ends.');
    release();
    finished.resolve();
  }

  const supervisor: Supervisor = {
    start,
    stop,
    restart,
    scale,
    async status() {
      const [memory, ...processes] = await Promise.all([
        memoryOf(process.pid, { alone: true }),
        ...groups.flatMap(({ current }) => current).map(statusWithMemory),
      ]);
      return { pid: process.pid, ...(memory === undefined ? {} : { memory }), processes };
    },
    names: () => groups.flatMap(({ instances }) => instances),
    end: () => (ending ??= end()),
    kill: () => groups.flatMap(({ members }) => members).forEach((member) => member.kill()),
    ended: finished.promise,
  };
  // Requests come when this function has gone on, and the supervisor is there.
  const server = await serveControl(home, (request) => obey(supervisor, request));
  log('info', `The supervisor is process ${process.pid}.`);
  return supervisor;
}

/** Its port may be taken by another lab between the look at it and the start: then the next one that is free is taken, and not once all else runs without it. */
async function startDatabase(database: ProcessGroup, refuseWhenEnding: () => void): Promise<readonly string[]> {
  const failures = await database.start();
  // Who was stopped while it started has failed too, and is not to begin again.
  refuseWhenEnding();
  return failures.length === 0 ? failures : database.start();
}

const namesOf = (chosen: readonly Selected<ProcessGroup>[]): string[] => [
  ...new Set(chosen.map(({ target, instance }) => instance ?? target.name)),
];

async function statusWithMemory(managed: ManagedProcess): Promise<ProcessStatus> {
  const status = managed.status();
  const memory = status.pid === undefined ? undefined : await memoryOf(status.pid);
  return memory === undefined ? status : { ...status, memory };
}

function livingOf(groups: readonly ProcessGroup[]): { name: string; pid: number }[] {
  return groups
    .flatMap(({ members }) => members)
    .flatMap((member) => {
      const { process: name, pid } = member.status();
      return pid === undefined ? [] : [{ name, pid }];
    });
}
