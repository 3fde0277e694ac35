import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads';
import { AppError } from '@mlab/kernel/errors';
import { awaitChange, COMMAND, DONE, END, FAILED, ROUND, wake, WORDS } from '#/team/control.ts';

/** Does this thread's share of a command. What the command is about stands in memory that all threads share. */
export type Share = (command: number) => void;

/** What a module that a team works by exports. */
export interface Work<J> {
  join(job: J, member: number): Share;
}

export interface TeamOptions<J> {
  /** Of the module with `join`: each thread loads it for itself. */
  readonly module: URL;
  /** The same module, as this thread has it. */
  readonly work: Work<J>;
  /** What can be sent to a thread; memory in it is shared. */
  readonly job: J;
  /** Threads, with this one, which is member 0. */
  readonly members: number;
}

export interface Team extends Disposable {
  /** Has all threads do their share of a command, this one too, and comes back when all have done it. */
  run(command: number): void;
}

/** What a thread is started with. */
export interface Membership {
  readonly control: SharedArrayBuffer;
  readonly module: string;
  readonly job: unknown;
  readonly member: number;
  readonly port: MessagePort;
}

/** So often a thread that waits looks whether the others still are, in milliseconds. */
const LOOK_AFTER = 100;
/** So long threads may take to begin, in milliseconds. */
const START_WITHIN = 60_000;

/**
 * A few threads that work on shared memory together. The thread that opens it is blocked while they work, and hears nothing: they agree by
 * Atomics alone. A thread that fails, or ends whatever the reason, fails the command. Disposed, all of them end.
 */
export function openTeam<J>({ module, work, job, members }: TeamOptions<J>): Team {
  const own = work.join(job, 0);
  if (members === 1) return { run: own, [Symbol.dispose]: () => {} };
  const control = new Int32Array(new SharedArrayBuffer(WORDS * 4));
  const others = Array.from({ length: members - 1 }, (_, index) =>
    start({ control: control.buffer, module: module.href, job, member: index + 1 }),
  );
  let isOpen = true;
  const end = (): void => {
    isOpen = false;
    Atomics.store(control, END, 1);
    Atomics.add(control, ROUND, 1);
    wake(control, ROUND);
  };

  try {
    waitForAll(START_WITHIN);
  } catch (error) {
    end();
    throw error;
  }
  return {
    run(command) {
      if (!isOpen) throw new AppError('internal', 'The threads of a team have ended.');
      Atomics.store(control, COMMAND, command);
      Atomics.store(control, DONE, 0);
      Atomics.add(control, ROUND, 1);
      wake(control, ROUND);
      try {
        own(command);
        waitForAll(Number.POSITIVE_INFINITY);
      } catch (error) {
        end();
        throw error;
      }
    },
    [Symbol.dispose]: end,
  };

  function waitForAll(milliseconds: number): void {
    let waited = 0;
    for (let done = Atomics.load(control, DONE); done < members - 1; done = Atomics.load(control, DONE)) {
      if (Atomics.load(control, FAILED) > 0) throw failure();
      if (awaitChange(control, DONE, done, LOOK_AFTER)) continue;
      waited += LOOK_AFTER;
      if (!others.every((other) => other.isAlive())) throw failure();
      if (waited >= milliseconds) throw new AppError('unavailable', `A thread did not start within ${milliseconds} ms.`);
    }
    if (Atomics.load(control, FAILED) > 0) throw failure();
  }

  function failure(): AppError {
    const cause = others.map((other) => other.failure()).find((message) => message !== undefined);
    return new AppError('internal', 'A thread that trained has ended.', { cause: cause === undefined ? undefined : new Error(cause) });
  }
}

interface Other {
  isAlive(): boolean;
  /** What it failed of, where it could say it. */
  failure(): string | undefined;
}

function start(membership: Omit<Membership, 'port'>): Other {
  const { port1, port2 } = new MessageChannel();
  const data: Membership = { ...membership, port: port2 };
  const worker = new Worker(new URL('./team-thread.ts', import.meta.url), {
    workerData: data,
    transferList: [port2],
    name: 'team',
    execArgv: [],
  });
  // What happens to it is seen by its port. Nobody waits for its end, and it does not keep the process alive.
  worker.on('error', () => {});
  worker.unref();
  let port = port1;
  port.unref();
  let message: string | undefined;
  return {
    failure: () => (message ??= receiveMessageOnPort(port)?.message as string | undefined),
    isAlive() {
      message ??= receiveMessageOnPort(port)?.message as string | undefined;
      if (message !== undefined) return false;
      try {
        // A port whose other side is gone cannot be handed on: the one way in which a blocked thread can see it.
        port = structuredClone(port, { transfer: [port] });
        port.unref();
        return true;
      } catch {
        return false;
      }
    },
  };
}
