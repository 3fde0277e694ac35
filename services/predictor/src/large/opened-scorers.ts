import type { Scorer } from '@mlab/onnx';
import { openScorer } from '@mlab/onnx';
import type { LargeModel } from '#/large/large-orders.ts';
import { rowFormFor, type RowForm } from '#/models/row-form.ts';

export interface OpenedScorer {
  readonly scorer: Scorer;
  /** How its rows are read; made when they are first asked for. */
  readonly form: () => RowForm;
}

interface OpeningCall {
  readonly fileOf: (model: LargeModel) => Promise<Uint8Array>;
  readonly onLost: () => void;
}

const MOST = 4;

/** The models that large questions were asked lately, opened for the thread that answers those. */
export class OpenedScorers implements AsyncDisposable {
  readonly #opened = new Map<string, Promise<OpenedScorer>>();

  async of(model: LargeModel, call: OpeningCall): Promise<OpenedScorer> {
    const found = this.#opened.get(model.key) ?? this.#open(model, call);
    // The one that is asked stands last.
    this.#opened.delete(model.key);
    this.#opened.set(model.key, found);
    const [oldest] = this.#opened;
    if (this.#opened.size > MOST && oldest !== undefined) {
      this.#opened.delete(oldest[0]);
      await close(oldest[1]);
    }
    try {
      return await found;
    } catch (error) {
      this.#opened.delete(model.key);
      throw error;
    }
  }

  async #open(model: LargeModel, { fileOf, onLost }: OpeningCall): Promise<OpenedScorer> {
    const { signature, options } = model;
    const scorer = await openScorer(await fileOf(model), { ...options, onLost });
    let form: RowForm | undefined;
    return { scorer, form: () => (form ??= rowFormFor(scorer, signature, false)) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#opened.values()];
    this.#opened.clear();
    await Promise.all(all.map(close));
  }
}

const close = async (opened: Promise<OpenedScorer>): Promise<void> => {
  const found = await opened.catch(() => undefined);
  await found?.scorer[Symbol.asyncDispose]();
};
