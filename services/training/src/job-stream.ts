import type { CallMeta, Clock, Database, Download } from '@mlab/kernel';
import { isOver, jobView, type KeptJob } from '#/domain/job.ts';
import { absent } from '#/domain/refuse.ts';
import { listLines } from '#/store/job-lines.ts';
import { findJob } from '#/store/jobs.ts';

export interface StreamOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly pollMs: number;
}

export interface StreamAsked {
  readonly id: string;
  readonly after?: string;
  readonly follow: boolean;
}

const AT_ONCE = 500;
/** A sign of life where nothing else is said, in milliseconds. */
const HEARTBEAT_MS = 10_000;

const eventText = (event: string, data: unknown, id?: number): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/** What a job says, and how far it is, until it has ended. */
export async function jobStream(options: StreamOptions, call: CallMeta, asked: StreamAsked): Promise<Download> {
  const job = await findJob(options.database.for(call), asked.id);
  if (job === undefined) throw absent('training job', asked.id);
  return { contentType: 'text/event-stream; charset=utf-8', body: stream(options, call, job, asked) };
}

async function* stream(
  { database, clock, pollMs }: StreamOptions,
  call: CallMeta,
  first: KeptJob,
  asked: StreamAsked,
): AsyncGenerator<Uint8Array, void, void> {
  let after = Number(asked.after ?? 0);
  let told = '';
  let toldAt = clock.monotonic();
  for (;;) {
    // The job before its lines: what it said last was written before its end.
    const job = await findJob(database.for(call), first.id);
    if (job === undefined) return;
    for (;;) {
      const lines = await listLines(database.for(call), job.seq, after, AT_ONCE);
      for (const { number, at, level, text } of lines) yield Buffer.from(eventText('log', { at: at.toISOString(), level, text }, number));
      after = lines.at(-1)?.number ?? after;
      if (lines.length < AT_ONCE) break;
    }
    const progress = JSON.stringify({ state: job.state, progress: job.progress });
    if (progress !== told) {
      told = progress;
      toldAt = clock.monotonic();
      yield Buffer.from(eventText('progress', { state: job.state, ...job.progress }));
    } else if (clock.monotonic() - toldAt > HEARTBEAT_MS) {
      toldAt = clock.monotonic();
      yield Buffer.from(':\n\n');
    }
    if (isOver(job.state)) yield Buffer.from(eventText('end', jobView(job)));
    if (isOver(job.state) || !asked.follow) return;
    await pause(clock, pollMs, call.signal);
  }
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const cancel = clock.schedule(ms, resolve);
  const stop = (): void => {
    cancel();
    reject(signal.reason as Error);
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  return promise.finally(() => signal.removeEventListener('abort', stop));
}
