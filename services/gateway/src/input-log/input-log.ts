import { createHash } from 'node:crypto';
import { AppError, type CallMeta, type Check, type Clock } from '@mlab/kernel';
import { PENDING, sizeOf, type Ending, type Entry } from '#/domain/input-log/entry.ts';
import { openGroupCommit, type Batch } from '@mlab/group-commit';
import { openHeld } from '#/domain/input-log/held.ts';
import { openInputIds } from '#/domain/input-log/input-id.ts';
import { lengthOf } from '#/domain/input-log/stored-text.ts';
import type { KeepInputs, Kept } from '#/domain/process-input.ts';
import type { Spool } from '#/input-log/spool.ts';
import type { Writer } from '#/input-log/writer.ts';

export interface InputLogOptions {
  readonly redacted: boolean;
  readonly gatherMs: number;
  readonly holdMs: number;
  readonly batchSize: number;
  readonly maxWaiting: number;
  readonly maxWaitingBytes: number;
  readonly writer: Writer;
  readonly spool: Spool | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onRefused: (reason: 'full' | 'away') => void;
}

export interface InputLog extends KeepInputs, AsyncDisposable {
  /** Inputs that have come and are not answered yet, and what they take in memory. */
  readonly waiting: { readonly inputs: number; readonly bytes: number };
  check(): Check;
}

/** One statement carries no more, whatever the number of its rows. */
const MAX_BATCH_BYTES = 8 * 1024 * 1024;

interface Waiting extends Kept {
  entry: Entry;
  bytes: number;
  batch: Batch<Waiting> | undefined;
}

/**
 * Keeps inputs by group commit. An input whose prediction comes soon is written once, with it; one whose prediction takes longer than
 * `holdMs` is written as pending, and once more when the prediction has come.
 */
export function openInputLog(options: InputLogOptions): InputLog {
  const { writer, spool, clock, random, redacted, maxWaiting, maxWaitingBytes, onRefused } = options;
  const nextId = openInputIds(() => clock.now().getTime(), random);
  const schedule = (ms: number, task: () => void): (() => void) => clock.schedule(ms, task);
  const waiting = { inputs: 0, bytes: 0 };
  const group = openGroupCommit<Waiting>({
    write: async (items) => {
      const refused = await writer.write(items.map(({ entry }) => entry));
      return new Map(items.flatMap((item) => (refused.has(item.entry.id) ? [[item, refused.get(item.entry.id) as Error] as const] : [])));
    },
    schedule,
    gatherMs: options.gatherMs,
    maxItems: options.batchSize,
    maxBytes: MAX_BATCH_BYTES,
  });
  const add = (item: Waiting): Batch<Waiting> => (item.batch = group.add(item, item.bytes));
  const held = openHeld<Waiting>(options.holdMs, schedule, add);

  return {
    waiting,
    receive(data: string, forwarded: boolean, { trace }: CallMeta): Kept {
      const refusal = writer.refusal();
      if (refusal !== undefined) {
        onRefused('away');
        throw refusal;
      }
      const entry: Entry = { id: nextId(), ...(redacted ? hashed(data) : shown(data)), ...PENDING, traceId: trace.traceId };
      const item: Waiting = { id: entry.id, entry, bytes: sizeOf(entry), batch: undefined };
      if (waiting.inputs >= maxWaiting || waiting.bytes + item.bytes > maxWaitingBytes) {
        onRefused('full');
        throw full();
      }
      waiting.inputs++;
      waiting.bytes += item.bytes;
      if (forwarded) held.add(item);
      return item;
    },
    async end(kept: Kept, ending: Ending): Promise<void> {
      const item = kept as Waiting;
      item.entry = { ...item.entry, ...ending };
      try {
        held.take(item);
        // A batch that has not begun takes the entry as it is when it begins.
        const batch = item.batch?.begun === false ? item.batch : add(item);
        const error = (await batch.done).get(item);
        if (error !== undefined) throw error;
      } finally {
        waiting.inputs--;
        waiting.bytes -= item.bytes;
      }
    },
    check: () => check(writer.away, spool),
    async [Symbol.asyncDispose]() {
      held.releaseAll();
      await group.drain();
    },
  };
}

const shown = (data: string): Pick<Entry, 'data' | 'length' | 'sha256'> => ({ data, length: lengthOf(data), sha256: undefined });

const hashed = (data: string): Pick<Entry, 'data' | 'length' | 'sha256'> => ({
  data: undefined,
  length: lengthOf(data),
  sha256: createHash('sha256').update(data).digest('hex'),
});

const full = (): AppError =>
  new AppError('unavailable', 'The input log is unavailable: too many inputs wait to be written.', { retryAfter: 1 });

/** Without its log the gateway refuses every input; with a spool it goes on. */
function check(away: boolean, spool: Spool | undefined): Check {
  if (spool === undefined) {
    const detail = away ? 'its database cannot be reached; inputs are refused' : 'inputs are committed to the database';
    return { name: 'input-log', ok: !away, required: true, detail };
  }
  const detail = away
    ? `its database is away; ${spool.records} inputs (${spool.bytes} bytes) wait in the spool`
    : 'inputs are committed to the database';
  return { name: 'input-log', ok: !away, required: false, detail };
}
