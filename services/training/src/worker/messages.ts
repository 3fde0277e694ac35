import type { DatasetSchema } from '@mlab/contracts/training-data';
import type { MetricResult, Phase, TrainingResult } from '@mlab/contracts/training-jobs';
import type { TrainingSpec } from '@mlab/contracts/training-spec';
import type { Reading } from '#/domain/dataset.ts';
import type { LineLevel } from '#/domain/job-line.ts';
import type { RecordedSignature } from '#/domain/recording.ts';
import type { ReadLimits } from '#/data/dataset.ts';
import type { ReportedStudy } from '#/report/contents.ts';
import type { Loss } from './losses.ts';
import type { Loaded } from './load.ts';

/* What goes between the process and a thread that trains. All of it is copied, but for shared memory. */

export interface ThreadFile {
  readonly path: string;
  readonly name: string;
  readonly reading: Reading;
}

export type Described = Omit<DatasetSchema, 'id' | 'task'>;
export type DescribedTask = NonNullable<DatasetSchema['task']>;

interface AnyOrder {
  /** See `control.ts`. */
  readonly control: SharedArrayBuffer;
}

interface FileOrder extends AnyOrder {
  readonly file: ThreadFile;
  readonly limits: ReadLimits;
}

export interface DescribeOrder extends FileOrder {
  readonly kind: 'describe';
  readonly target?: string | undefined;
  readonly types?: TrainingSpec['types'] | undefined;
}

/** Reads what several trials learn from. */
export interface LoadOrder extends FileOrder {
  readonly kind: 'load';
  readonly spec: TrainingSpec;
}

export interface TrainOrder extends FileOrder {
  readonly kind: 'train';
  readonly spec: TrainingSpec;
  /** That a trainer may use besides this one. */
  readonly threads: number;
  /** Which become part of the report. */
  readonly names: { readonly job: string; readonly run: string; readonly dataset: string; readonly version: string };
  /** The study whose best is trained, for the report. */
  readonly study?: ReportedStudy | undefined;
  readonly resume?: Uint8Array | undefined;
  readonly checkpointMs: number;
}

export interface TrialOrder extends AnyOrder {
  readonly kind: 'trial';
  readonly spec: TrainingSpec;
  /** In memory that is shared. */
  readonly loaded: Loaded;
  readonly threads: number;
  readonly metric: string;
  readonly folds: number;
  /** Whether it is asked after each step whether to go on. */
  readonly prunes: boolean;
}

export type Order = DescribeOrder | LoadOrder | TrainOrder | TrialOrder;

export type Said =
  | { readonly kind: 'phase'; readonly phase: Phase }
  | { readonly kind: 'line'; readonly level: LineLevel; readonly text: string }
  | { readonly kind: 'iteration'; readonly number: number; readonly of: number; readonly metrics: Readonly<Record<string, number>> }
  /** What led to the state that training goes on from: some of it may not have been tracked when the process before this one ended. */
  | { readonly kind: 'earlier'; readonly losses: readonly Loss[] }
  | { readonly kind: 'checkpoint'; readonly state: Uint8Array }
  /** The loss of a trial on rows that it does not learn from. */
  | { readonly kind: 'report'; readonly step: number; readonly value: number }
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** What a trial comes to. */
export interface TrialResult {
  readonly value: number | undefined;
  readonly pruned: boolean;
}

/** A file that is kept with the run, or with the model. */
export interface MadeFile {
  readonly path: string;
  readonly contentType: string;
  readonly text: string;
}

/** A model that was trained and checked: all that is written down of it. */
export interface TrainedModel {
  readonly onnx: Uint8Array;
  readonly result: Omit<TrainingResult, 'runId' | 'experiment' | 'modelId' | 'model' | 'version' | 'seconds'> & {
    readonly metrics: readonly MetricResult[];
  };
  readonly rows: number;
  /** SHA-256 of the values of the columns that were read, whatever the format of the file. */
  readonly contentDigest: string;
  /** Of the process that trained. */
  readonly environment: Readonly<Record<string, string>>;
  /** Columns that were learnt from. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Further metrics to track: name and value. */
  readonly tracked: Readonly<Record<string, number>>;
  /** With the defaults that were taken. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly signature: RecordedSignature;
  readonly modelFiles: readonly MadeFile[];
  readonly runFiles: readonly MadeFile[];
  readonly report: string;
  /** Of its iterations, of very many some: for whoever goes on where they are not all tracked. */
  readonly losses: readonly Loss[];
  readonly seconds: number;
}
