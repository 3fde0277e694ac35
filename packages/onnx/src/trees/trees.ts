/** How a node compares the value `x` of its feature with its threshold `t`; the yes child is taken when it holds. */
export const MODES = ['LEQ', 'LT', 'GTE', 'GT', 'EQ', 'NEQ'] as const;
export type Mode = (typeof MODES)[number];

export type Aggregate = 'SUM' | 'AVERAGE' | 'MIN' | 'MAX';
export type PostTransform = 'NONE' | 'LOGISTIC' | 'SOFTMAX' | 'SOFTMAX_ZERO' | 'PROBIT';

/**
 * An ensemble of trees in flat arrays, one entry for each node; nodes of one tree stand together, in the order of their depth, and the two
 * children of a node side by side (`yes` is `no` + 1), except where nodes share a child.
 */
export interface Trees {
  /** Whether thresholds and weights are float32 values or doubles. Values are compared and summed in this precision. */
  readonly precision: 'float' | 'double';
  readonly roots: Int32Array;
  /** The feature that a node looks at; -1 in a leaf. */
  readonly features: Int32Array;
  /** Index in `MODES`. */
  readonly modes: Uint8Array;
  readonly thresholds: Float64Array;
  readonly yes: Int32Array;
  readonly no: Int32Array;
  /** 1 where NaN takes the yes child whatever the mode says. Elsewhere only the mode decides, and NaN is not ≤, <, ≥, > or = anything. */
  readonly missingYes: Uint8Array;
  /** What training counted at each node (`nodes_hitrates`: mostly the number or weight of samples), where the model has it. */
  readonly covers: Float64Array | undefined;
  /** The weights of leaf `n` are those from `weightStarts[n]` up to `weightStarts[n + 1]`. */
  readonly weightStarts: Int32Array;
  /** To which target (or class) a weight adds. */
  readonly weightTargets: Int32Array;
  readonly weights: Float64Array;
  readonly targets: number;
  readonly baseValues: Float64Array;
  readonly aggregate: Aggregate;
  readonly postTransform: PostTransform;
  /** Of a classifier. */
  readonly classes: readonly string[] | readonly number[] | undefined;
  /** One more than the highest feature that any node looks at. */
  readonly width: number;
}
