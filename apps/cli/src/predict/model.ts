/* What Service B answers about a model and its predictions, as far as it is used. */

export interface ModelInput {
  readonly name: string;
  readonly kind: 'number' | 'integer' | 'boolean' | 'text' | 'time' | 'tensor';
  readonly datatype: string;
  readonly mayBeUnknown: boolean;
}

export interface Model {
  readonly model: string;
  readonly version: number;
  readonly task?: string;
  readonly inputs: readonly ModelInput[];
  readonly outputs: readonly { readonly name: string; readonly datatype: string }[];
  readonly classes?: readonly unknown[];
  readonly explains: boolean;
}

export interface Prediction {
  readonly prediction: unknown;
  /** null: no finite number. */
  readonly probabilities?: Readonly<Record<string, number | null>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

export interface Explanation {
  /** The class whose score it is, where the model has classes. */
  readonly class?: unknown;
  readonly base: number;
  readonly score: number;
  readonly contributions: Readonly<Record<string, number | null>>;
}

export interface Predicted {
  readonly model: string;
  readonly version: number;
  readonly predictions: readonly Prediction[];
}

export interface Explained {
  readonly method: string;
  /** The class whose score is explained in all rows; absent: there is none, or each row says its own. */
  readonly class?: unknown;
  readonly explanations: readonly Explanation[];
}

/** What is explained of a row, with the class that it is about. */
export function explanationOf({ class: ofAll, explanations }: Explained, row: number): Explanation | undefined {
  const found = explanations[row];
  if (found === undefined) return undefined;
  const { class: own = ofAll, base, score, contributions } = found;
  return { ...(own === undefined ? {} : { class: own }), base, score, contributions };
}
