import type { ErrorCode, Issue } from '@mlab/kernel';
import type { ScorerOptions } from '@mlab/onnx';
import type { ModelRef } from '#/domain/served-model.ts';

/** A version as the process for large questions opens it for itself. */
export interface LargeModel {
  /** The same for the same file and signature. */
  readonly key: string;
  readonly model: string;
  readonly version: number;
  readonly signature: unknown;
  /** How many bytes its file has. */
  readonly size: number;
  readonly options: Pick<
    ScorerOptions,
    'compile' | 'isolation' | 'memoryMb' | 'timeoutMs' | 'loadTimeoutMs' | 'maxBatchRows' | 'maxOutputBytes'
  >;
}

export type LargeQuestion =
  | { readonly kind: 'rows'; readonly params: Readonly<Record<string, string | undefined>>; readonly contentType: string | undefined }
  | {
      readonly kind: 'infer';
      readonly model: LargeModel | 'demo';
      readonly headerLength: string | undefined;
      readonly encoding: string | undefined;
      readonly accepted: string | undefined;
    }
  /** Of gRPC; one that came in a stream is answered with an envelope. */
  | { readonly kind: 'message'; readonly streamed: boolean };

/** What the process is told. Bodies, and the files of models, come as bytes over its standard input. */
export type ToProcess =
  | { readonly id: number; readonly question: LargeQuestion; readonly size: number }
  /** Which model answers the question that it has read. */
  | { readonly id: number; readonly model: LargeModel | 'demo' }
  | { readonly close: true };

/** Which model a question names: by what our own operation says, or by what stands in the protocol. */
export type Wanted = ModelRef | { readonly name: string; readonly version: string };

export interface LargeAnswer {
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly rows: number;
  /** Values of fields that the model has no input for. */
  readonly ignored: number;
  /** How long it took to read the question, to compute, and to write the answer, in milliseconds. */
  readonly took: readonly [read: number, computed: number, written: number];
}

interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly issues: readonly Issue[] | undefined;
  readonly retryAfter: number | undefined;
}

/** What it says; the bytes of an answer come over its standard output. */
export type FromProcess =
  | { readonly id: number; readonly answer: Omit<LargeAnswer, 'body'>; readonly size: number }
  | { readonly id: number; readonly failed: Failure }
  /** It has read a question that names its model itself. */
  | { readonly id: number; readonly wants: Wanted }
  /** It has not got the file of a model that it was told of. */
  | { readonly id: number; readonly needs: string }
  /** A worker of ONNX Runtime has died or stalled. */
  | { readonly id: number; readonly lost: true };
