/** What can be brought from another MLflow, wherever it keeps it. */
export interface Source {
  /** For people, and the same each time: without credentials. */
  readonly name: string;
  experiments(): AsyncIterable<Found<SourceExperiment>>;
  runs(experiment: SourceExperiment): AsyncIterable<Found<SourceRun>>;
  /** Undefined where counting would mean to read them all. */
  countRuns(experiment: SourceExperiment): Promise<number | undefined>;
  /** All values of a metric, some at a time. */
  history(run: SourceRun, key: string): AsyncIterable<readonly Measured[]>;
  /** Undefined where counting would mean to read them all. */
  countHistory(run: SourceRun, key: string): Promise<number | undefined>;
  loggedModels(experiment: SourceExperiment): AsyncIterable<Found<SourceLoggedModel>>;
  modelMetrics(model: SourceLoggedModel): AsyncIterable<readonly MeasuredOfModel[]>;
  files(owner: SourceRun | SourceLoggedModel): AsyncIterable<Found<SourceFile>>;
  /** The bytes of a file, whole or not at all. */
  open(owner: SourceRun | SourceLoggedModel, file: SourceFile): Promise<AsyncIterable<Uint8Array>>;
  /** The SHA-256 of a file, where it costs less than bringing it. */
  checksum(owner: SourceRun | SourceLoggedModel, file: SourceFile): Promise<string | undefined>;
  registeredModels(): AsyncIterable<Found<SourceRegisteredModel>>;
}

/** A thing, or why it cannot be read: one that cannot does not hold the others up. */
export type Found<T> = { readonly value: T } | { readonly id: string; readonly problem: string };

export interface Pair {
  readonly key: string;
  readonly value: string;
}

export interface SourceExperiment {
  readonly id: string;
  readonly name: string;
  readonly tags: readonly Pair[];
  readonly deleted: boolean;
  /** Where a folder keeps it. */
  readonly place: string;
}

export type RunStatus = 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';

export interface SourceRun {
  readonly kind: 'run';
  readonly id: string;
  readonly name: string;
  readonly userId: string;
  readonly status: RunStatus;
  /** In milliseconds since 1970, as all times here. */
  readonly startTime: number;
  readonly endTime: number | undefined;
  readonly deleted: boolean;
  readonly params: readonly Pair[];
  readonly tags: readonly Pair[];
  readonly metricKeys: readonly string[];
  readonly datasets: readonly SourceDataset[];
  readonly usedModels: readonly string[];
  readonly madeModels: readonly MadeModel[];
  /** Where its files lie there. */
  readonly artifactUri: string;
  readonly place: string;
  /** Another one when anything of it has changed. */
  readonly fingerprint: string;
}

export interface MadeModel {
  readonly modelId: string;
  readonly step: number;
}

export interface SourceDataset {
  readonly name: string;
  readonly digest: string;
  readonly sourceType: string;
  readonly source: string;
  readonly schema: string | undefined;
  readonly profile: string | undefined;
  readonly tags: readonly Pair[];
}

export interface Measured {
  readonly timestamp: number;
  readonly step: number;
  /** Perhaps NaN or infinite. */
  readonly value: number;
}

export interface MeasuredOfModel extends Measured {
  readonly key: string;
  readonly runId: string;
  readonly datasetName: string | undefined;
  readonly datasetDigest: string | undefined;
}

export interface SourceLoggedModel {
  readonly kind: 'logged model';
  readonly id: string;
  readonly name: string;
  readonly status: 'PENDING' | 'READY' | 'UPLOAD_FAILED';
  readonly modelType: string | undefined;
  readonly sourceRunId: string | undefined;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly deleted: boolean;
  readonly params: readonly Pair[];
  readonly tags: readonly Pair[];
  readonly artifactUri: string;
  readonly place: string;
  readonly fingerprint: string;
}

export interface SourceFile {
  /** Below the root of its owner, parts between `/`. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
}

export interface SourceRegisteredModel {
  readonly name: string;
  readonly description: string;
  readonly tags: readonly Pair[];
  /** In the order of their numbers. */
  readonly versions: readonly SourceVersion[];
  readonly aliases: readonly { readonly alias: string; readonly version: number }[];
}

export interface SourceVersion {
  readonly version: number;
  readonly source: string;
  readonly runId: string | undefined;
  readonly modelId: string | undefined;
  readonly runLink: string;
  readonly stage: string;
  readonly description: string;
  readonly tags: readonly Pair[];
}
