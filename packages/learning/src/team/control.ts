/* How threads of a team agree, by words of a shared Int32Array. */

export const WORDS = 8;
/** Goes up with each command; the threads wait for it. */
export const ROUND = 0;
export const COMMAND = 1;
/** How many threads have done their share of the command, or have begun to wait for the first one. */
export const DONE = 2;
/** 1 when the team ends. */
export const END = 3;
/** How many threads have failed: what they failed of comes as a message. */
export const FAILED = 4;

/** Looks at a word so often before it sleeps: most waits are shorter than it takes to be woken. */
const LOOKS = 2_000;

/** Waits until a word is no longer `value`, at most so long; whether it is. */
export function awaitChange(control: Int32Array, word: number, value: number, milliseconds: number): boolean {
  for (let look = 0; look < LOOKS; look++) if (Atomics.load(control, word) !== value) return true;
  return Atomics.wait(control, word, value, milliseconds) !== 'timed-out';
}

export function wake(control: Int32Array, word: number): void {
  Atomics.notify(control, word);
}
