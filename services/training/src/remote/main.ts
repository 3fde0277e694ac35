import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@mlab/kernel/errors';
import { openThreads } from '#/threads/threads.ts';
import { packOutcome, type Outcome } from './outcome.ts';
import { perform } from './perform.ts';
import { openProgramLab } from './program-lab.ts';
import { linesOf } from './progress-lines.ts';

/*
 * The program that trains where an executor has begun it: `node services/training/src/remote/main.ts`, with MLAB_TRAINING_URL, MLAB_PROGRAM and
 * MLAB_PROGRAM_TOKEN in its environment. It asks the training service what to do, says how far it is by lines, and brings back what came of it.
 */

const IDLE_MS = 60_000;

const { MLAB_TRAINING_URL: url = '', MLAB_PROGRAM: id = '', MLAB_PROGRAM_TOKEN: token = '' } = process.env;
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.on(signal, () => stop.abort(new AppError('cancelled', 'This program was told to end.')));
process.stdout.on('error', () => {});

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const lab = openProgramLab({ url, id, token, signal: stop.signal });

async function work(): Promise<Outcome> {
  await using stack = new AsyncDisposableStack();
  try {
    say(`The program is process ${process.pid} on ${hostname()}.`);
    const order = await lab.order();
    const folder = await mkdtemp(join(tmpdir(), 'mlab-program-'));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    const { fileName: name, reading } = order.dataset;
    const path = join(folder, 'data');
    await lab.fetchDataset(order.dataset, path);
    const resume = order.kind === 'train' ? await lab.state() : undefined;
    if (resume !== undefined) for (const line of linesOf(goesOn)) say(line);
    const clock = { now: () => new Date(), monotonic: () => performance.now(), schedule };
    const threads = stack.use(openThreads({ clock, memoryMb: order.memoryMb, idleMs: IDLE_MS }));
    const keeper = openKeeper();
    const result = await perform(order, {
      threads,
      file: { path, name, reading },
      resume,
      signal: stop.signal,
      onSaid: (said) => {
        if (said.kind === 'checkpoint') keeper.keep(said.state);
        else for (const line of linesOf(said)) say(line);
      },
    });
    await keeper.settled();
    return { kind: 'done', result };
  } catch (error) {
    stop.signal.throwIfAborted();
    if (AppError.is(error)) return { kind: 'failed', code: error.code, message: error.message };
    return { kind: 'failed', code: 'internal', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

const goesOn = { kind: 'line', level: 'info', text: 'Training goes on from where another process has left it.' } as const;

function schedule(ms: number, task: () => void): () => void {
  const timer = setTimeout(task, ms);
  timer.unref();
  return () => clearTimeout(timer);
}

/** One state after the other, and of those that come meanwhile the last. */
function openKeeper(): { keep(state: Uint8Array): void; settled(): Promise<void> } {
  let latest: Uint8Array | undefined;
  let keeping: Promise<void> | undefined;
  const work = async (): Promise<void> => {
    while (latest !== undefined) {
      const taken = latest;
      latest = undefined;
      // Training goes on without it; what is lost is only time, should it have to begin anew.
      await lab.keepState(taken).catch((error: unknown) => say(`The state of the training could not be kept: ${String(error)}`));
    }
    keeping = undefined;
  };
  return {
    keep: (state) => {
      latest = state;
      keeping ??= work();
    },
    settled: async () => {
      latest = undefined;
      await keeping;
    },
  };
}

await lab.end(packOutcome(await work()));
