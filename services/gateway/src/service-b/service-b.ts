import type { predictor, PredictionResponse } from '@mlab/contracts/predictor';
import type { RowExplanations, RowPredictions } from '@mlab/contracts/predictor-models';
import type { CallMeta, ClientOf, WholeAnswer } from '@mlab/kernel';

type Client = ClientOf<typeof predictor>;
export type AskedRows = Parameters<Client['predictRows']>[0];
export type AskedExplanations = Parameters<Client['explainRows']>[0];

/** A question of the Open Inference Protocol, its bytes as they came. */
export interface InferQuestion {
  readonly model: string;
  readonly version: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What tells how a body is to be read or written; all else that HTTP says of a request is about its connection. */
const READING = ['content-type', 'content-encoding', 'inference-header-content-length', 'accept', 'accept-encoding'] as const;

/** Those of a question's headers that go with it where no HTTP carries it. */
export const forReading = (headers: InferQuestion['headers']): Record<string, string> =>
  Object.fromEntries(READING.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]] as const])));

/** Rows whose bytes nobody has read. */
export interface UnreadRows {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** One way to one copy of Service B, or to all of them together. What it answers and refuses is the same whatever the way. */
export interface ServiceB {
  readonly id: string;
  predict(input: string, call: CallMeta): Promise<PredictionResponse>;
  predictRows(asked: AskedRows, call: CallMeta): Promise<RowPredictions>;
  explainRows(asked: AskedExplanations, call: CallMeta): Promise<RowExplanations>;
  /** The same as `predictRows` for bytes. Absent where the way carries no bytes. Any answer is one. */
  readonly predictUnread?: (rows: UnreadRows, call: CallMeta) => Promise<WholeAnswer>;
  /** Any answer is one, also a refusal. */
  infer(question: InferQuestion, call: CallMeta): Promise<WholeAnswer>;
}

/** The copies of Service B as they are found. */
export interface Copies {
  /** Whether its members have `predictUnread`. */
  readonly carryBytes: boolean;
  readonly now: () => readonly ServiceB[];
  readonly onChange: (listener: (copies: readonly ServiceB[]) => void) => void;
}
