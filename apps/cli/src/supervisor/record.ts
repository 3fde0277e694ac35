import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { processStart } from '../../bootstrap/process-start.mjs';
import { CliError, messageOf } from '../cli-error.ts';
import type { Home } from '../home.ts';

const ENDS_WITHIN_MS = 5_000;

/** What the supervisor has started, kept in a file for the one that comes after it when it could not clean up itself. */
interface RecordedProcess {
  readonly name: string;
  readonly pid: number;
  readonly start: string;
}

/** Never fails: without the record (a full disk) the processes still end by themselves when the supervisor dies. */
export function writeRecord(home: Home, processes: readonly { name: string; pid: number }[]): void {
  const recorded = processes.flatMap(({ name, pid }): RecordedProcess[] => {
    const start = processStart(pid);
    return start === undefined ? [] : [{ name, pid, start }];
  });
  const unfinished = `${home.record}.${process.pid}`;
  try {
    writeFileSync(unfinished, JSON.stringify({ processes: recorded }), { mode: 0o600 });
    renameSync(unfinished, home.record);
  } catch {
    rmSync(unfinished, { force: true });
  }
}

export const removeRecord = (home: Home): void => rmSync(home.record, { force: true });

/** Ends the processes of a supervisor that was killed, and answers with those that still lived. The caller holds the supervisor's lock. */
export async function endLeftovers(home: Home): Promise<readonly { name: string; pid: number }[]> {
  const leftovers = readRecord(home).filter(isAlive);
  const stillThere = (await endAll(leftovers, 'SIGTERM')) && (await endAll(leftovers, 'SIGKILL'));
  if (stillThere) {
    throw new CliError(
      `${stillThere.name} of an earlier start still runs as process ${stillThere.pid} and cannot be ended by this user; end it and start again.`,
    );
  }
  removeRecord(home);
  return [...leftovers, ...(await endDatabase(home))];
}

/** The database has been told of our end by itself, and needs no record: its processes are known by the folder they work in. */
async function endDatabase(home: Home): Promise<{ name: string; pid: number }[]> {
  if (!existsSync(home.postgres)) return [];
  const { endLeftover } = await import('@mlab/sql/embedded');
  const [pid] = await endLeftover(home.postgres).catch((error: unknown) => {
    throw new CliError(messageOf(error), { cause: error });
  });
  return pid === undefined ? [] : [{ name: 'postgres', pid }];
}

/** Sends the signal and waits; answers with one that is still there after all. */
async function endAll(processes: readonly RecordedProcess[], name: NodeJS.Signals): Promise<RecordedProcess | undefined> {
  for (const { pid } of processes.filter(isAlive)) signal(pid, name);
  const deadline = Date.now() + ENDS_WITHIN_MS;
  while (processes.some(isAlive) && Date.now() < deadline) await delay(25);
  return processes.find(isAlive);
}

const isAlive = ({ pid, start }: RecordedProcess): boolean => processStart(pid) === start;

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself in between, or belongs to somebody else.
  }
}

function readRecord(home: Home): RecordedProcess[] {
  try {
    const value: unknown = JSON.parse(readFileSync(home.record, 'utf8'));
    const processes: unknown = typeof value === 'object' && value !== null && 'processes' in value ? value.processes : undefined;
    return Array.isArray(processes) ? processes.filter(isRecorded) : [];
  } catch {
    return [];
  }
}

function isRecorded(value: unknown): value is RecordedProcess {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('start' in value)) return false;
  return Number.isInteger(value.pid) && Number(value.pid) > 1 && typeof value.start === 'string';
}
