import type { CallMeta } from '@mlab/kernel';

/**
 * What a job writes to tracking and to the registry. Every method may be called again with the same order, by another process too, and
 * then finds what is there: ids are chosen and stored by the job before anything is made. A neighbour that is away is an `unavailable`,
 * after which the job is tried again; what a neighbour refuses for good comes as the error it is.
 */
export interface Recording {
  /** Starts the run under its id, in an experiment that is created when it is not there. One that is there goes on. */
  startRun(order: RunOrder, call: CallMeta): Promise<StartedRun>;
  /** Values that are there already, with the same key, step and time, are there once. Tags are replaced. */
  logToRun(runId: string, values: RunValues, call: CallMeta): Promise<void>;
  /** Files below the artifacts of the run; those with the same path are replaced. */
  putFiles(runId: string, files: readonly RecordedFile[], call: CallMeta): Promise<void>;
  /** A logged model with its files, made by the run, ready. */
  putModel(order: ModelOrder, call: CallMeta): Promise<RecordedModel>;
  /** The version whose source is this logged model; registered when there is none. */
  registerVersion(order: VersionOrder, call: CallMeta): Promise<RegisteredVersion>;
  /** What a run has logged so far: the latest of each metric, and the models that it made, in the order in which it did. */
  readRun(runId: string, call: CallMeta): Promise<RunSoFar>;
  /** A run that has ended with the same status stays as it is. */
  endRun(runId: string, end: RunEnd, call: CallMeta): Promise<void>;
}

export interface RunOrder {
  /** 32 hexadecimal characters. */
  readonly runId: string;
  /** Its name. */
  readonly experiment: string;
  readonly name: string;
  /** Whose trial it is: becomes the tag `mlflow.parentRunId`. */
  readonly parentRunId?: string;
  /** Milliseconds since 1970. */
  readonly startMs: number;
  /** Tags of the job, and those that say where it comes from: `mlflow.source.type`, `mlab.job`, `mlab.code.version`, … */
  readonly tags: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, string>>;
  readonly dataset: RecordedDataset;
}

/** What was learnt from, as MLflow's dataset inputs have it. */
export interface RecordedDataset {
  readonly name: string;
  /** SHA-256 of its bytes, in hexadecimal; recorded with at most 36 characters. */
  readonly digest: string;
  /** `local`, `http`, … */
  readonly sourceType: string;
  /** JSON. */
  readonly source: string;
  /** JSON: columns with their types. */
  readonly schema: string;
  /** JSON: number of rows and columns. */
  readonly profile: string;
}

export interface StartedRun {
  readonly experimentId: string;
  readonly artifactUri: string;
}

export interface MetricPoint {
  readonly key: string;
  readonly value: number;
  readonly step: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

export interface RunValues {
  readonly metrics?: readonly MetricPoint[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly params?: Readonly<Record<string, string>>;
}

export interface RecordedFile {
  /** Below the artifacts: `plots/roc.svg`. */
  readonly path: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

export interface ModelOrder {
  /** `m-` and 32 hexadecimal characters. */
  readonly modelId: string;
  readonly runId: string;
  /** Of the logged model, not of the registered one. */
  readonly name: string;
  /** The trainer. */
  readonly modelType: string;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly metrics: readonly MetricPoint[];
  /** The onnx flavour's: `model.onnx`, `input_example.json`, `profile.json`, … `MLmodel` is written by who records, because it names run, model and time. */
  readonly files: readonly RecordedFile[];
  readonly signature: RecordedSignature;
  /** When the model was made, in milliseconds since 1970; the same however often it is recorded. */
  readonly createdMs: number;
}

/** As MLflow's signatures have it: `{ type: 'double', name: 'age', required: true }`, or tensors. */
export interface RecordedSignature {
  readonly inputs: readonly Readonly<Record<string, unknown>>[];
  readonly outputs: readonly Readonly<Record<string, unknown>>[];
}

export interface RecordedModel {
  readonly modelId: string;
  /** `models:/m-…` */
  readonly source: string;
}

export interface VersionOrder {
  /** Of the registered model. */
  readonly model: string;
  readonly source: string;
  readonly runId: string;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Absent: as the files of the model say. */
  readonly signature?: RecordedSignature;
}

export interface RegisteredVersion {
  readonly model: string;
  readonly version: number;
}

export interface RunSoFar {
  readonly metrics: readonly { readonly key: string; readonly value: number }[];
  readonly models: readonly string[];
}

export interface RunEnd {
  readonly status: 'FINISHED' | 'FAILED' | 'KILLED';
  /** Milliseconds since 1970. */
  readonly endMs: number;
}
