/** What became of an input. `pending`: its prediction has not come yet, or the gateway ended before it came. */
export const OUTCOMES = ['pending', 'logged', 'predicted', 'fallback', 'failed', 'cancelled'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** How the call ended: all that is known when it is answered. */
export interface Ending {
  readonly outcome: Outcome;
  /** The HTTP status that is answered. */
  readonly status: number | undefined;
  readonly class: string | undefined;
  readonly confidence: number | undefined;
  /** The whole prediction as JSON. */
  readonly prediction: string | undefined;
  /** From the call to Service B to its answer, in milliseconds. */
  readonly latencyMs: number | undefined;
  readonly model: string | undefined;
  readonly modelVersion: string | undefined;
  readonly error: string | undefined;
}

/** One input as it is kept. Texts are as they came; the store escapes what a database cannot hold. */
export interface Entry extends Ending {
  readonly id: string;
  /** Undefined where the log is redacted. */
  readonly data: string | undefined;
  /** In code points. */
  readonly length: number;
  /** Of the input as UTF-8, in hexadecimal; only where the log is redacted. */
  readonly sha256: string | undefined;
  readonly traceId: string;
}

const NOTHING: Ending = {
  outcome: 'pending',
  status: undefined,
  class: undefined,
  confidence: undefined,
  prediction: undefined,
  latencyMs: undefined,
  model: undefined,
  modelVersion: undefined,
  error: undefined,
};

export const PENDING: Ending = NOTHING;
export const LOGGED: Ending = { ...NOTHING, outcome: 'logged', status: 200 };

export const failedWith = (status: number, error: string): Ending => ({
  ...NOTHING,
  outcome: status === 499 ? 'cancelled' : 'failed',
  status,
  error,
});

interface ModelAnswer {
  readonly model: string;
  readonly version: string | undefined;
  readonly class: string | undefined;
  readonly confidence: number | undefined;
  /** JSON. */
  readonly prediction: string;
  readonly latencyMs: number;
}

/** A question to a model that was answered. */
export const answeredBy = ({ version, latencyMs, ...answer }: ModelAnswer): Ending => ({
  ...answer,
  outcome: 'predicted',
  status: 200,
  latencyMs: rounded(latencyMs),
  modelVersion: version,
  error: undefined,
});

const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;

interface Prediction {
  readonly prediction: { readonly class: string; readonly confidence: number };
}

export function predictedAs(outcome: 'predicted' | 'fallback', answer: Prediction, latencyMs: number): Ending {
  const { class: name, confidence } = answer.prediction;
  return {
    outcome,
    status: 200,
    class: name,
    confidence,
    prediction: JSON.stringify(answer),
    latencyMs: rounded(latencyMs),
    model: textAt(answer, 'model'),
    modelVersion: textAt(answer, 'model_version') ?? textAt(answer, 'version'),
    error: undefined,
  };
}

/** Service B may say which model answered, beside the prediction or in it. */
function textAt(answer: Prediction, name: string): string | undefined {
  for (const place of [answer, answer.prediction] as readonly Readonly<Record<string, unknown>>[]) {
    const value = place[name];
    if (typeof value === 'string' || typeof value === 'number') return String(value);
  }
  return undefined;
}

/** How much memory an entry takes, roughly, in bytes. */
export const sizeOf = (entry: Entry): number =>
  400 + 2 * ((entry.data?.length ?? 0) + (entry.prediction?.length ?? 0) + (entry.error?.length ?? 0));
