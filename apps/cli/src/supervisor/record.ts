import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { processStart } from '../../bootstrap/process-start.mjs';
import type { Home } from '../home.ts';

const DRAIN_WITHIN_MS = 5_000;

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
  const alive = readRecord(home).filter(isAlive);
  for (const { pid } of alive) signal(pid, 'SIGTERM');
  const deadline = Date.now() + DRAIN_WITHIN_MS;
  while (alive.some(isAlive)) {
    if (Date.now() > deadline) for (const left of alive.filter(isAlive)) signal(left.pid, 'SIGKILL');
    await delay(25);
  }
  removeRecord(home);
  return alive;
}

const isAlive = ({ pid, start }: RecordedProcess): boolean => processStart(pid) === start;

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself in between.
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
