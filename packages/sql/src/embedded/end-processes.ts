import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@mlab/kernel/errors';
import { processesOf } from './postgres-processes.ts';
import { signalPostgres } from './signal-postgres.ts';

const LOOK_EVERY_MS = 20;

/** How long each way may take, the gentlest first. */
export const PATIENCE_MS = { SIGINT: 10_000, SIGQUIT: 5_000, SIGKILL: 5_000 } as const;

/** They notice by themselves that their postmaster is gone; one that has not by then is stuck. */
const ORPHANS_PATIENCE_MS = 1_000;

type EndSignal = keyof typeof PATIENCE_MS;

/** Ends a cluster's postmaster and all its processes, and waits until they are gone. */
export async function endProcesses(data: string, signals: readonly EndSignal[]): Promise<void> {
  for (const signal of signals) {
    if (await endBy(signal, data)) return;
  }
  const { all } = await processesOf(data);
  throw new AppError('unavailable', `The PostgreSQL processes ${all.join(', ')} of ${data} do not end; end them and start again.`);
}

async function endBy(signal: EndSignal, data: string): Promise<boolean> {
  const start = Date.now();
  const told = new Set<number>();
  for (;;) {
    const { postmaster, all } = await processesOf(data);
    if (all.length === 0) return true;
    const patience = postmaster === undefined ? ORPHANS_PATIENCE_MS : PATIENCE_MS[signal];
    if (Date.now() - start > patience) return false;
    // A postmaster ends its own.
    const targets = signal === 'SIGKILL' || postmaster === undefined ? all : [postmaster];
    for (const pid of targets.filter((each) => !told.has(each))) {
      told.add(pid);
      signalPostgres(pid, signal);
    }
    await delay(LOOK_EVERY_MS);
  }
}
