import type { ErrorCode, Issue } from '@mlab/kernel';
import type { ScorerOptions } from '@mlab/onnx';
import type { ModelRef } from '#/domain/served-model.ts';

/** A version as the thread for large questions opens it for itself. */
export interface LargeModel {
  /** The same for the same file and signature. */
  readonly key: string;
  readonly model: string;
  readonly version: number;
  /** In shared memory. */
  readonly bytes: Uint8Array;
  readonly signature: unknown;
  readonly options: Pick<
    ScorerOptions,
    'compile' | 'isolation' | 'memoryMb' | 'timeoutMs' | 'loadTimeoutMs' | 'maxBatchRows' | 'maxOutputBytes'
  >;
}

/** Bodies have memory of their own, which goes with them. */
export type LargeQuestion =
  | {
      readonly kind: 'rows';
      readonly params: Readonly<Record<string, string | undefined>>;
      readonly contentType: string | undefined;
      readonly body: Uint8Array;
    }
  | {
      readonly kind: 'infer';
      readonly model: LargeModel | 'demo';
      readonly headerLength: string | undefined;
      readonly encoding: string | undefined;
      readonly accepted: string | undefined;
      readonly body: Uint8Array;
    }
  | {
      readonly kind: 'message';
      /** Whether it came in a stream, whose answers have an envelope. */
      readonly streamed: boolean;
      readonly body: Uint8Array;
    };

export interface LargeOrder {
  readonly id: number;
  readonly question: LargeQuestion;
  /** Not 0 as soon as nobody waits any more. */
  readonly stop: Int32Array<SharedArrayBuffer>;
}

/** What the thread is told: a question, which model answers the one that it has read, or that it is to end. */
export type ToThread =
  | { readonly order: LargeOrder }
  | { readonly id: number; readonly model: LargeModel | 'demo' | undefined }
  | { readonly close: true };

export interface LargeAnswer {
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly rows: number;
  /** Values of fields that the model has no input for. */
  readonly ignored: number;
  /** How long it took to read the question, to compute, and to write the answer, in milliseconds. */
  readonly took: readonly [read: number, computed: number, written: number];
}

/** Which model a question names: by what our own operation says, or by what stands in the protocol. */
export type Wanted = ModelRef | { readonly name: string; readonly version: string };

/** What it says. `wants`: it has read a question that names its model itself. `lost`: a worker of ONNX Runtime has died or stalled. */
export type FromThread =
  | { readonly id: number; readonly answer: LargeAnswer }
  | {
      readonly id: number;
      readonly failed: {
        readonly code: ErrorCode;
        readonly message: string;
        readonly issues: readonly Issue[] | undefined;
        readonly retryAfter: number | undefined;
      };
    }
  | { readonly id: number; readonly wants: Wanted }
  | { readonly id: number; readonly lost: true };
