import type { AnyTrainer, Model } from './fit.ts';
import type { Judgement } from './judge.ts';
import type { Loaded } from './load.ts';
import type { Losses } from './losses.ts';
import type { TrainOrder } from './messages.ts';
import type { Parts } from './split-table.ts';

/** All that is known when a model was judged. */
export interface MadeOf {
  readonly order: TrainOrder;
  readonly loaded: Loaded;
  readonly parts: Parts;
  readonly model: Model;
  readonly judgement: Judgement;
  readonly params: Readonly<Record<string, unknown>>;
  /** What the model says of the test rows. */
  readonly predictions: Float64Array;
  readonly warnings: readonly string[];
  readonly trainer: AnyTrainer;
  /** Size of the model's file. */
  readonly bytes: number;
  readonly losses: Losses;
  /** ISO 8601. */
  readonly created: string;
}
