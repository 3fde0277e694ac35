import type { TaskKind } from '#/task.ts';

/* What an evaluation says: plain JSON, without a NaN or an infinity in it. Rows count by their weights wherever rows are counted. */

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface Confusion {
  readonly classes: readonly string[];
  /** Weight of rows: the true class first, then the one they were taken for. */
  readonly counts: readonly (readonly number[])[];
}

export interface ClassEvaluation {
  readonly label: string;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly support: number;
  readonly predicted: number;
  /** Against the rest; absent where there are no rows on one of the sides. */
  readonly rocAuc?: number;
  readonly averagePrecision?: number;
}

/** Of false-positive rate and true-positive rate (ROC), or of recall and precision. */
export interface Curve {
  readonly label: string;
  readonly area?: number;
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** The score from which on rows are positive at a point; null where none is. */
  readonly thresholds: readonly (number | null)[];
}

export interface CalibrationBin {
  readonly low: number;
  readonly high: number;
  /** The mean of what was said. */
  readonly predicted: number;
  /** The share of rows of which it was true. */
  readonly observed: number;
  readonly weight: number;
}

export interface Calibration {
  /** The class whose probability is held against what was; absent: that of the class that is said (Guo et al., 2017). */
  readonly label?: string;
  readonly uniform: readonly CalibrationBin[];
  readonly quantile: readonly CalibrationBin[];
  /** The mean of |observed - predicted| over the uniform bins, by their weights. */
  readonly expectedError: number;
  readonly greatestError: number;
}

/** What is found when only so large a share of the rows, the highest scores first, is looked at. */
export interface Gain {
  readonly share: readonly number[];
  /** Share of the positive rows that are among them. */
  readonly found: readonly number[];
  /** How many times as many as by chance. */
  readonly lift: readonly number[];
}

export interface Histogram {
  /** One more than counts. */
  readonly edges: readonly number[];
  readonly series: readonly { readonly label: string; readonly counts: readonly number[] }[];
}

export interface Residuals {
  readonly histogram: Histogram;
  /** Some rows by chance. */
  readonly points: { readonly predicted: readonly number[]; readonly residual: readonly number[]; readonly target: readonly number[] };
  /** Standardised residuals against quantiles of the normal distribution. */
  readonly quantiles: { readonly normal: readonly number[]; readonly residual: readonly number[] };
  readonly mean: number;
  readonly deviation: number;
}

/** Rows by what was predicted, in tenths. */
export interface Decile {
  readonly low: number;
  readonly high: number;
  readonly predicted: number;
  readonly target: number;
  readonly weight: number;
}

export interface ChosenThreshold {
  readonly goal: 'f1' | 'youden' | 'cost';
  /** From which probability on a row is positive; null: none is. */
  readonly threshold: number | null;
  readonly precision: number;
  readonly recall: number;
  readonly specificity: number;
  readonly f1: number;
  readonly accuracy: number;
  /** Share of the rows that are said to be positive. */
  readonly share: number;
  /** The mean of a row. */
  readonly cost?: number;
}

export interface Cluster {
  readonly label: number;
  readonly weight: number;
  readonly share: number;
}

export interface Evaluation {
  readonly task: TaskKind;
  readonly rows: number;
  /** Of all rows: their number where none were given. */
  readonly weight: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** Metrics that have no value here, and why. */
  readonly missing: Readonly<Record<string, string>>;
  /** Of metrics, at `level`. */
  readonly intervals?: Readonly<Record<string, Interval>>;
  readonly level?: number;
  readonly confusion?: Confusion;
  readonly classes?: readonly ClassEvaluation[];
  readonly roc?: readonly Curve[];
  readonly precisionRecall?: readonly Curve[];
  readonly calibration?: Calibration;
  readonly gain?: Gain;
  readonly thresholds?: readonly ChosenThreshold[];
  /** Of the probability of the second of two classes, by class; of an anomaly's scores. */
  readonly scores?: Histogram;
  readonly residuals?: Residuals;
  readonly deciles?: readonly Decile[];
  readonly clusters?: readonly Cluster[];
}
