import { AppError, type AnyJobRunner, type CallMeta, type JobRun, type Owner } from '@mlab/kernel';
import type { Taken } from '#/boss.ts';
import type { Kind } from '#/kinds.ts';
import { seconds } from '#/seconds.ts';
import type { Claim } from '#/store/jobs.ts';

/** How an attempt ended. `lost`: another worker has the job now. Neither of a lost nor of a cancelled one does it count what came of it. */
export type Outcome =
  | { readonly kind: 'succeeded'; readonly output: unknown }
  | { readonly kind: 'failed'; readonly error: unknown; readonly final: boolean }
  | { readonly kind: 'given-back' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'lost' };

/** How far a job is, said and not written down yet. */
export interface Progress {
  readonly share: number;
  readonly note: string;
}

export interface AttemptOptions {
  readonly owner: Owner;
  readonly kind: Kind;
  readonly taken: Taken;
  readonly runner: AnyJobRunner;
}

/** One run of the code of a job. */
export interface Attempt {
  readonly kind: Kind;
  readonly claim: Claim;
  /** Resolves once: when the code has ended, or when it is no longer waited for. */
  readonly outcome: Promise<Outcome>;
  /** Resolves when the code has ended, waited for or not. Never rejects. */
  readonly codeEnded: Promise<void>;
  /** Tells the code by its signal, and goes on waiting for it; what it throws from now on is taken for `meanwhile`. */
  ask(reason: AppError, meanwhile: Outcome): void;
  /** Tells the code by its signal, and no longer waits for it. */
  end(reason: AppError, outcome: Outcome): void;
  /** What was last said about progress and not taken yet. */
  takeProgress(): Progress | undefined;
}

const TIMEOUT_MS = 900_000;

export function beginAttempt({ owner, kind, taken: { claim, input }, runner }: AttemptOptions): Attempt {
  const { timeoutMs = TIMEOUT_MS } = kind.job;
  const controller = new AbortController();
  const { promise: outcome, resolve } = Promise.withResolvers<Outcome>();
  let whenThrown: Outcome | undefined;
  let progress: Progress | undefined;

  const trace = owner.telemetry.tracer.start(`job ${kind.name}`, 'server', undefined, { 'mlab.job.id': claim.id });
  const call: CallMeta = { caller: owner.name, trace, deadline: performance.now() + timeoutMs, signal: controller.signal };
  const end = (reason: AppError, outcomeThen: Outcome): void => {
    resolve(outcomeThen);
    if (!controller.signal.aborted) controller.abort(reason);
  };

  const run: JobRun = {
    id: claim.id,
    attempt: claim.retryCount + 1,
    signal: controller.signal,
    call,
    log: owner.telemetry.log.child({ job: kind.name, job_id: claim.id, attempt: claim.retryCount + 1, trace_id: trace.traceId }),
    progress: (share, note = '') => {
      progress = { share: Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0, note: note.replaceAll('\0', '').toWellFormed() };
    },
  };

  const code = async (): Promise<Outcome> => {
    let checked: unknown;
    try {
      checked = kind.checkInput(input);
    } catch (error) {
      // The input will not become right by trying again.
      return { kind: 'failed', error, final: true };
    }
    try {
      return { kind: 'succeeded', output: kind.checkOutput(await runner(checked as never, run)) };
    } catch (error) {
      return whenThrown ?? { kind: 'failed', error, final: false };
    }
  };

  const cancelTimer = owner.clock.schedule(timeoutMs, () => {
    const error = new AppError('deadline', `It took longer than ${seconds(timeoutMs)}.`);
    end(error, { kind: 'failed', error, final: false });
  });
  const codeEnded = code().then(resolve);
  void outcome.then(({ kind }) => {
    cancelTimer();
    trace.end({ 'mlab.job.outcome': kind }, kind === 'failed' ? kind : undefined);
  });

  return {
    kind,
    claim,
    outcome,
    codeEnded,
    end,
    ask: (reason, meanwhile) => {
      whenThrown = meanwhile;
      if (!controller.signal.aborted) controller.abort(reason);
    },
    takeProgress: () => {
      const taken = progress;
      progress = undefined;
      return taken;
    },
  };
}
