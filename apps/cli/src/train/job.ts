/* What the service answers about a job, as far as it is shown. */

export interface JobProgress {
  readonly phase: string;
  readonly share: number;
  readonly iteration: number;
  readonly iterations?: number;
  readonly best?: { readonly metric: string; readonly value: number; readonly iteration: number };
  readonly secondsLeft?: number;
}

export interface Metric {
  readonly name: string;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
  readonly baseline?: number;
  readonly better: 'higher' | 'lower';
  readonly folds?: { readonly mean: number; readonly deviation: number };
}

export interface JobResult {
  readonly runId: string;
  readonly experiment: string;
  readonly modelId?: string;
  readonly model?: string;
  readonly version?: number;
  readonly task?: string;
  readonly trainer: string;
  readonly metric?: string;
  readonly metrics: readonly Metric[];
  readonly thresholds?: readonly { readonly goal: string; readonly threshold?: number; readonly cost?: number }[];
  readonly rows?: { readonly training: number; readonly validation: number; readonly test: number };
  readonly warnings: readonly string[];
  readonly seconds: number;
}

export interface Job {
  readonly id: string;
  readonly state: 'waiting' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly spec: { readonly dataset: string; readonly model?: string; readonly trainer: unknown; readonly target?: string };
  readonly progress: JobProgress;
  readonly runId: string;
  readonly result?: JobResult;
  readonly error?: string;
  readonly createdAt: string;
}

export interface Study {
  readonly id: string;
  readonly state: 'waiting' | 'running' | 'refitting' | 'succeeded' | 'failed' | 'stopped';
  readonly metric?: string;
  readonly trials: Readonly<Record<'wanted' | 'running' | 'complete' | 'pruned' | 'failed', number>>;
  readonly best?: { readonly number: number; readonly value?: number; readonly params: Readonly<Record<string, unknown>> };
  readonly jobId?: string;
  readonly error?: string;
}
