import type { Assessment } from './assessment.ts';

export const TRACE_STATES = ['STATE_UNSPECIFIED', 'OK', 'ERROR', 'IN_PROGRESS'] as const;
export type TraceState = (typeof TRACE_STATES)[number];

export type Texts = Readonly<Record<string, string>>;

/** What is known of a trace besides its spans. */
export interface TraceInfo {
  /** `tr-` and 32 hexadecimal digits where MLflow's clients or this service made it. */
  readonly id: string;
  readonly experimentId: string;
  /** In milliseconds since 1970. */
  readonly startMs: number;
  /** Absent until something of it has ended. */
  readonly durationMs: number | undefined;
  readonly state: TraceState;
  readonly clientRequestId: string | undefined;
  /** The beginnings of what went in and of what came out. */
  readonly requestPreview: string | undefined;
  readonly responsePreview: string | undefined;
  /** What may be changed later. */
  readonly tags: Texts;
  /** What may not. */
  readonly metadata: Texts;
  readonly assessments: readonly Assessment[];
}

/** A trace as it is kept. */
export interface Trace extends TraceInfo {
  readonly no: number;
}

export const TAG = {
  name: 'mlflow.traceName',
  artifactLocation: 'mlflow.artifactLocation',
  /** Where the spans are. Only this service says so, and only of those that it keeps itself. */
  spansLocation: 'mlflow.trace.spansLocation',
  archiveLocation: 'mlflow.trace.archiveLocation',
  archivalFailure: 'mlflow.trace.archivalFailure',
} as const;

/** The value of `TAG.spansLocation` for spans that are in the database. */
export const IN_DATABASE = 'TRACKING_STORE';

export const METADATA = {
  session: 'mlflow.trace.session',
  user: 'mlflow.trace.user',
  tokens: 'mlflow.trace.tokenUsage',
  cost: 'mlflow.trace.cost',
  /** How many spans there are, among other sizes. */
  sizes: 'mlflow.trace.sizeStats',
  /** That its client has told all about the trace: what is learnt from spans changes it no more. */
  finalized: 'mlflow.trace.infoFinalized',
} as const;

/** Of attributes of spans that mean something here. */
export const ATTRIBUTE = {
  traceId: 'mlflow.traceRequestId',
  inputs: 'mlflow.spanInputs',
  outputs: 'mlflow.spanOutputs',
  type: 'mlflow.spanType',
  tokens: 'mlflow.chat.tokenUsage',
  cost: 'mlflow.llm.cost',
  model: 'mlflow.llm.model',
  provider: 'mlflow.llm.provider',
  tools: 'mlflow.chat.tools',
  /** The beginning of attributes of a root that are to be tags of its trace. */
  tag: 'mlflow.traceTag.',
} as const;

/** How many spans a trace says that it has; 0 when it does not say. */
export function spansExpected({ metadata }: Pick<TraceInfo, 'metadata'>): number {
  try {
    const sizes: unknown = JSON.parse(metadata[METADATA.sizes] ?? '{}');
    const count = typeof sizes === 'object' && sizes !== null && 'num_spans' in sizes ? sizes.num_spans : 0;
    return typeof count === 'number' ? count : 0;
  } catch {
    return 0;
  }
}
