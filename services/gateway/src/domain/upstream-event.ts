import type { BreakerState } from '#/domain/breaker.ts';
import type { FailureKind } from '#/domain/call-failure.ts';

export type EjectionReason = 'slow' | 'stalled' | 'errors' | 'probe_failed';
export type ShedReason = 'queue_full' | 'queue_timeout' | 'no_instance';
export type RetryDenial = 'budget' | 'time' | 'no_instance';

/** Everything about the upstream that is worth a log line or a counter. Ordinary successful calls are not. */
export type UpstreamEvent =
  | { readonly type: 'instance_added' | 'instance_removed'; readonly instance: string }
  | { readonly type: 'breaker'; readonly instance: string; readonly from: BreakerState; readonly to: BreakerState }
  /** `observed` and `limit` are milliseconds, or shares (0–1) when the reason is `errors`. */
  | {
      readonly type: 'ejected';
      readonly instance: string;
      readonly reason: EjectionReason;
      readonly forMs: number;
      readonly observed: number;
      readonly limit: number;
    }
  | { readonly type: 'returned'; readonly instance: string }
  | { readonly type: 'retry'; readonly from: string; readonly to: string; readonly failure: FailureKind }
  | { readonly type: 'retry_denied'; readonly instance: string; readonly failure: FailureKind; readonly reason: RetryDenial }
  | { readonly type: 'shed'; readonly reason: ShedReason };
