import { setTimeout as delay } from 'node:timers/promises';
import { type Home, logFile } from '../home.ts';
import { type FollowedFile, followFile } from './followed-file.ts';
import type { LogPrinter } from './log-printer.ts';
import { mergeByTime } from './log-time.ts';

const EVERY_MS = 200;

export interface FollowedLog extends FollowedFile {
  readonly process: string;
}

/** Opens the logs at their present ends; what is written from now on will be shown. */
export const openLogs = (processes: readonly string[], home: Home): FollowedLog[] =>
  processes.map((process) => ({ process, ...followFile(logFile(home, process), 'end') }));

/** Shows what is added to the logs until the signal, and what came before the signal too. */
export async function followLogs(logs: readonly FollowedLog[], printer: LogPrinter, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await showNews(logs, printer);
    await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  await showNews(logs, printer);
  for (const log of logs) log[Symbol.dispose]();
}

async function showNews(logs: readonly FollowedLog[], printer: LogPrinter): Promise<void> {
  const news = logs.map((log) => ({ log, process: log.process, ...log.read(printer.limits) }));
  for (const { log, process, skipped } of news) if (skipped > 0) await printer.skipped(process, skipped, log.path);
  await printer.print(mergeByTime(news));
}
