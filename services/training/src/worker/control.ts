/*
 * A few integers that a thread and its process share: a thread that trains takes no messages, but looks at these between iterations.
 */

const CANCELLED = 0;
/** How many answers were given, and what the last one was. */
const ANSWERS = 1;
const ANSWER = 2;
const LENGTH = 3;

export interface Control {
  readonly buffer: SharedArrayBuffer;
  cancel(): void;
  /** Answers the question that the thread waits with. */
  answer(goOn: boolean): void;
}

export function openControl(): Control {
  const buffer = new SharedArrayBuffer(LENGTH * Int32Array.BYTES_PER_ELEMENT);
  const cells = new Int32Array(buffer);
  const wake = (): void => void Atomics.notify(cells, ANSWERS);
  return {
    buffer,
    cancel: () => {
      Atomics.store(cells, CANCELLED, 1);
      Atomics.add(cells, ANSWERS, 1);
      wake();
    },
    answer: (goOn) => {
      Atomics.store(cells, ANSWER, goOn ? 1 : 0);
      Atomics.add(cells, ANSWERS, 1);
      wake();
    },
  };
}

/** The side of the thread. */
export interface Controlled {
  readonly isCancelled: () => boolean;
  /** Asks, and waits for the answer: whether to go on. */
  ask(question: () => void): boolean;
}

export function readControl(buffer: SharedArrayBuffer): Controlled {
  const cells = new Int32Array(buffer);
  const isCancelled = (): boolean => Atomics.load(cells, CANCELLED) === 1;
  return {
    isCancelled,
    ask: (question) => {
      const before = Atomics.load(cells, ANSWERS);
      question();
      Atomics.wait(cells, ANSWERS, before);
      return !isCancelled() && Atomics.load(cells, ANSWER) === 1;
    },
  };
}
