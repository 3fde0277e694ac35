import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { AppError, type Download, type Objects } from '@mlab/kernel';
import type { Executor } from '#/command/executor.ts';
import { isHandedOver } from '#/command/handed-over.ts';
import { absent } from '#/domain/refuse.ts';
import type { Heard } from '#/threads/conduct.ts';
import { readKept } from '#/train/kept-files.ts';
import { heardOf } from './progress-lines.ts';
import type { RemoteOrder } from './order.ts';
import { unpackOutcome } from './outcome.ts';

export interface ProgramsOptions {
  readonly objects: Objects;
  readonly executor: Executor;
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** What it needs to run at all. */
  readonly env: Readonly<Record<string, string>>;
  /** Where programs find this service. */
  readonly url: string;
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly image: string | undefined;
  /** How long one may take, in milliseconds. */
  readonly limitMs: number;
  /** Of an outcome or a state, in bytes. */
  readonly maxBytes: number;
}

export interface ProgramHooks {
  /** Ends it, unless another process goes on with it. */
  readonly signal: AbortSignal;
  readonly onSaid: (said: Heard) => void;
}

export interface Programs {
  /**
   * Has a program of ours do what is ordered, wherever the executor runs programs. Whoever asks again with the same id, also another process,
   * follows the one that is there. What came of it is kept until it is forgotten.
   */
  run<R>(id: string, order: RemoteOrder, hooks: ProgramHooks): Promise<R>;
  forget(id: string): Promise<void>;
  /* What it asks itself. */
  order(asked: Asked, signal: AbortSignal): Promise<Download>;
  state(asked: Asked, signal: AbortSignal): Promise<Download>;
  keepState(asked: Asked & Body, signal: AbortSignal): Promise<void>;
  end(asked: Asked & Body, signal: AbortSignal): Promise<void>;
}

export interface Asked {
  readonly id: string;
  readonly token?: string;
}

interface Body {
  readonly body: AsyncIterable<Uint8Array>;
}

interface Kept {
  readonly token: string;
  /** Which makes the name of a program that is begun anew another one. */
  readonly nonce: string;
  /** How often it has ended without a word. */
  readonly failures: number;
  readonly order: RemoteOrder;
}

/** A machine may be lost, or memory too small: more often than this it is not the machine. */
const MOST_FAILURES = 3;

const keysOf = (id: string) => ({ kept: `programs/${id}/order`, state: `programs/${id}/state`, outcome: `programs/${id}/outcome` });

export function openPrograms(options: ProgramsOptions): Programs {
  const { objects, executor, command, env, url, memoryBytes, cpus, image, limitMs, maxBytes } = options;

  const find = async (id: string, signal: AbortSignal): Promise<Kept | undefined> => {
    const kept = await readKept(objects, keysOf(id).kept, signal);
    return kept === undefined ? undefined : (JSON.parse(kept.toString()) as Kept);
  };
  const keep = async (id: string, kept: Kept): Promise<Kept> => {
    await objects.put(keysOf(id).kept, Buffer.from(JSON.stringify(kept)), { contentType: 'application/json' });
    return kept;
  };
  const nonce = (): string => randomBytes(3).toString('hex');

  const forget = async (id: string): Promise<void> => {
    const { kept, state, outcome } = keysOf(id);
    // What lets it in goes first.
    for (const key of [kept, outcome, state]) await objects.delete(key);
  };

  async function begin(id: string, { token, nonce: own }: Kept, { signal, onSaid }: ProgramHooks): Promise<string> {
    const limit = AbortSignal.timeout(limitMs);
    const program = {
      id: `mlab-${id}-${own}`,
      command,
      env: { ...env, MLAB_TRAINING_URL: url, MLAB_PROGRAM: id, MLAB_PROGRAM_TOKEN: token },
      memoryBytes,
      cpus,
      image,
      seesToMemory: true,
    };
    try {
      const onLine = (line: string): void => onSaid(heardOf(line));
      const { sentence } = await executor.run(program, { signal: AbortSignal.any([signal, limit]), onLine });
      signal.throwIfAborted();
      if (!limit.aborted) return sentence;
      throw tooLong(limitMs);
    } catch (error) {
      throw limit.aborted && !signal.aborted ? tooLong(limitMs) : error;
    }
  }

  async function run(id: string, order: RemoteOrder, hooks: ProgramHooks): Promise<unknown> {
    const { signal, onSaid } = hooks;
    const first = { token: randomBytes(24).toString('base64url'), nonce: nonce(), failures: 0, order };
    let kept = (await find(id, signal)) ?? (await keep(id, first));
    for (;;) {
      const before = await readKept(objects, keysOf(id).outcome, signal);
      if (before !== undefined) return unpackOutcome(before);
      const sentence = await begin(id, kept, hooks);
      const made = await readKept(objects, keysOf(id).outcome, signal);
      if (made !== undefined) return unpackOutcome(made);
      kept = await keep(id, { ...kept, nonce: nonce(), failures: kept.failures + 1 });
      const said = `The program that trains has ended without a result. ${sentence}`;
      if (kept.failures >= MOST_FAILURES) throw new AppError('exhausted', `${said} That was the third time.`);
      onSaid({ kind: 'line', level: 'warning', text: `${said} It is begun anew.` });
    }
  }

  const admit = async ({ id, token }: Asked, signal: AbortSignal): Promise<Kept> => {
    const kept = /^[\w-]{1,64}$/.test(id) ? await find(id, signal) : undefined;
    if (kept === undefined) throw absent('program', id);
    if (token === undefined || !isSame(token, kept.token))
      throw new AppError('forbidden', `The program ${id} is known by its token, the header mlab-program-token, and this is another one.`);
    return kept;
  };

  return {
    run: async <R>(id: string, order: RemoteOrder, hooks: ProgramHooks): Promise<R> => {
      try {
        return (await run(id, order, hooks)) as R;
      } catch (error) {
        // What nobody goes on with may not come back any more.
        const goesOn = hooks.signal.aborted ? isHandedOver(hooks.signal.reason) : AppError.is(error, 'unavailable');
        if (!goesOn) await forget(id);
        throw error;
      }
    },
    forget,
    order: async (asked, signal) => ({
      contentType: 'application/json',
      body: once(Buffer.from(JSON.stringify((await admit(asked, signal)).order))),
    }),
    state: async (asked, signal) => {
      await admit(asked, signal);
      const state = await readKept(objects, keysOf(asked.id).state, signal);
      return { contentType: 'application/octet-stream', body: once(state ?? Buffer.alloc(0)) };
    },
    keepState: async (asked, signal) => {
      await admit(asked, signal);
      await objects.put(keysOf(asked.id).state, asked.body, { maxBytes, signal });
    },
    end: async (asked, signal) => {
      await admit(asked, signal);
      // Of two that bring one both have the same.
      await objects.put(keysOf(asked.id).outcome, asked.body, { maxBytes, signal });
    },
  };
}

const tooLong = (limitMs: number): AppError =>
  new AppError('exhausted', `The training was ended after ${limitMs / 1000} s, which is all it may take (MLAB_TRAINING_TRAINER_SECONDS).`);

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  if (bytes.length > 0) yield bytes;
}
