import { Gathered } from '@mlab/kernel';
import type { FromProcess, LargeAnswer } from '#/large/large-orders.ts';

type Said = Extract<FromProcess, { readonly answer: unknown }>;

/** An answer on its way: what is said of it and its bytes come over two ways, whichever is quicker. */
export class Arriving {
  readonly #done: (answer: LargeAnswer) => void;
  #said: Said | undefined;
  #body: Gathered | undefined;
  /** What has come before it was said how much there is. */
  #early: Buffer[] = [];

  constructor(done: (answer: LargeAnswer) => void) {
    this.#done = done;
  }

  said(said: Said): void {
    this.#said = said;
    this.#body = new Gathered(said.size, said.size);
    for (const chunk of this.#early.splice(0)) this.#body.add(chunk);
    this.#finish();
  }

  add(chunk: Buffer): void {
    if (this.#body === undefined) this.#early.push(chunk);
    else this.#body.add(chunk);
    this.#finish();
  }

  #finish(): void {
    const [said, body] = [this.#said, this.#body];
    if (said === undefined || body === undefined || body.size < said.size) return;
    this.#said = undefined;
    this.#body = undefined;
    this.#done({ ...said.answer, body: body.take() });
  }
}
