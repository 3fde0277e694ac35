/** So much of one body is taken before others have their turn: what a socket has ready may be megabytes, of each of several at once. */
const TURN_BYTES = 262_144;

interface Flowing {
  readonly pause: () => unknown;
  readonly resume: () => unknown;
}

/** Takes a body in turns with everybody else: is told of each chunk, and holds the flow up until the others have had theirs. */
export class InTurns {
  readonly #flowing: Flowing;
  #bytes = 0;
  #isHeld = false;

  constructor(flowing: Flowing) {
    this.#flowing = flowing;
  }

  took(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < TURN_BYTES || this.#isHeld) return;
    this.#isHeld = true;
    this.#flowing.pause();
    setImmediate(() => {
      this.#isHeld = false;
      this.#bytes = 0;
      this.#flowing.resume();
    });
  }
}
