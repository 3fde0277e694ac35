import { setTimeout as delay } from 'node:timers/promises';
import { type Home, logFile } from '../home.ts';
import { type FollowedFile, followFile } from './followed-file.ts';
import type { LogPrinter } from './log-printer.ts';
import { mergeByTime } from './log-time.ts';

const EVERY_MS = 200;

export interface FollowedLog extends FollowedFile {
  readonly process: string;
}

export interface FollowedLogs {
  readonly open: FollowedLog[];
  readonly home: Home;
  readonly names: () => readonly string[];
}

/** Opens the logs at their present ends; what is written from now on will be shown, also to those that `names` tells of only later. */
export function openLogs(names: () => readonly string[], home: Home): FollowedLogs {
  const logs: FollowedLogs = { open: [], home, names };
  openMissing(logs);
  return logs;
}

/** Shows what is added to the logs until the signal, and what came before the signal too. */
export async function followLogs(logs: FollowedLogs, printer: LogPrinter, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    openMissing(logs);
    await showNews(logs.open, printer);
    await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  await showNews(logs.open, printer);
  for (const log of logs.open) log[Symbol.dispose]();
}

function openMissing({ open, home, names }: FollowedLogs): void {
  for (const process of names()) {
    if (!open.some((log) => log.process === process)) open.push({ process, ...followFile(logFile(home, process), 'end') });
  }
}

async function showNews(logs: readonly FollowedLog[], printer: LogPrinter): Promise<void> {
  const news = logs.map((log) => ({ log, process: log.process, ...log.read(printer.limits) }));
  for (const { log, process, skipped } of news) if (skipped > 0) await printer.skipped(process, skipped, log.path);
  await printer.print(mergeByTime(news));
}
