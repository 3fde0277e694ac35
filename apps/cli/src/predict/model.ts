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
  readonly probabilities?: Readonly<Record<string, number>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

export interface Explanation {
  readonly base: number;
  readonly score: number;
  readonly contributions: Readonly<Record<string, number>>;
}

export interface Predicted {
  readonly model: string;
  readonly version: number;
  readonly predictions: readonly Prediction[];
}

export interface Explained {
  readonly method: string;
  readonly class?: unknown;
  readonly explanations: readonly Explanation[];
}
