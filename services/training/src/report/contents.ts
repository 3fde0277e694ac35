import type { Comparison, CrossValidation, Evaluation, Importances, Slices, TaskKind } from '@mlab/learning';

/* What a report is made of: plain JSON. Names that users chose are values here, never keys. */

/** A line of a list of facts. */
export interface Fact {
  readonly name: string;
  readonly value: string | number | boolean | null;
}

export interface ReportedColumn {
  readonly name: string;
  /** `number`, `text`, `boolean`, `time` … */
  readonly kind: string;
  /** `target`, `feature`, `weight`, `left out` … */
  readonly role: string;
  /** Rows without a value. */
  readonly missing?: number;
  /** Different values. */
  readonly distinct?: number;
  /** What is done with it before training, or why it is left out. */
  readonly note?: string;
}

export interface LearningCurve {
  /** Of iterations, mostly from 1. */
  readonly steps: readonly number[];
  /** `train_loss`, `validation_loss` …; null where there is none. */
  readonly series: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
  /** The iteration that the model is of. */
  readonly best?: number;
}

export interface ReportedTrial {
  readonly number: number;
  readonly state: string;
  /** Of the metric. */
  readonly value?: number;
  readonly params: readonly Fact[];
}

export interface ReportedStudy {
  readonly metric: string;
  readonly better: 'higher' | 'lower';
  /** Random search, TPE …, and how trials are ended early. */
  readonly method: string;
  readonly trials: readonly ReportedTrial[];
  /** How much each hyperparameter matters, of sum 1. */
  readonly importance?: readonly { readonly name: string; readonly value: number }[];
}

export interface Report {
  readonly title: string;
  /** What was done, in a sentence or two. */
  readonly summary?: string;
  /** ISO 8601. */
  readonly created: string;
  readonly task: TaskKind;
  /** Of the model: trainer, target, version, time, size … */
  readonly model: readonly Fact[];
  readonly data: {
    /** Source, rows, digest … */
    readonly facts: readonly Fact[];
    readonly columns?: readonly ReportedColumn[];
  };
  /** How the rows were divided. */
  readonly split?: { readonly method: string; readonly parts: readonly { readonly name: string; readonly rows: number }[] };
  /** Hyperparameters, and where they are not the trainer's own. */
  readonly params: readonly (Fact & { readonly isDefault?: boolean })[];
  /** By which models are compared. */
  readonly metric: string;
  /** On rows that the model has not learnt from. */
  readonly evaluation?: Evaluation;
  readonly baseline?: { readonly title: string; readonly metrics: Readonly<Record<string, number>> };
  readonly comparison?: Comparison;
  readonly crossValidation?: CrossValidation;
  readonly learning?: LearningCurve;
  /** By shuffling. */
  readonly permutations?: Importances;
  /** What the model itself says of its columns. */
  readonly importance?: readonly { readonly name: string; readonly value: number }[];
  readonly slices?: Slices;
  readonly study?: ReportedStudy;
  /** What a reader should know before trusting it, as sentences. */
  readonly warnings?: readonly string[];
  readonly environment?: readonly Fact[];
}
