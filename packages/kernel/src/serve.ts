import type { Call } from '#/call.ts';
import type { Door, Output } from '#/endpoint.ts';
import { AppError } from '#/errors.ts';
import { authorize } from '#/identity/authorize.ts';
import { remainingMs } from '#/remaining.ts';

export type Settle<O = Output> = (output: O | undefined, error: AppError | undefined) => void;

/** What can be run: the part of a door behind the wire. */
type Run<O> = Pick<Door, 'contract' | 'name' | 'operation' | 'run'> & { readonly write: (output: unknown) => O };

/**
 * Runs one operation to its end: sees that the caller may use it, reads the input, lets the handler answer, writes the output.
 * `settle` is called exactly once, at the deadline at the latest, whatever the handler does. HTTP and co-hosted calls both come
 * through here. Returns how to cancel.
 */
export function serve<O>(endpoint: Run<O>, readInput: () => unknown, call: Call, settle: Settle<O>): (reason: AppError) => void {
  let settled = false;
  let timer: NodeJS.Timeout | undefined;
  const finish: Settle<O> = (output, error) => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    settle(output, error);
  };
  const end = (reason: AppError): void => {
    if (settled) return;
    call.abort(reason);
    finish(undefined, reason);
  };
  const succeed = (output: unknown): void => {
    let written: O;
    try {
      written = endpoint.write(output);
    } catch (error) {
      return finish(undefined, AppError.from(error));
    }
    finish(written, undefined);
  };
  let output: unknown;
  try {
    authorize(endpoint, call);
    output = endpoint.run(readInput(), call);
  } catch (error) {
    finish(undefined, AppError.from(error));
    return end;
  }
  if (output instanceof Promise) {
    // Only who answers later can be late.
    armSoon(() => {
      if (settled) return;
      timer = setTimeout(
        () => end(new AppError('deadline', `${endpoint.contract.label} did not finish in time.`)),
        remainingMs(call.deadline, performance.now()),
      );
    });
    output.then(succeed, (error: unknown) => finish(undefined, AppError.from(error)));
  } else succeed(output);
  return end;
}

let unarmed: (() => void)[] = [];

/** Timers are set at the end of this turn of the event loop: a promise that has its value by then, as most of models in memory have, needs none. */
function armSoon(arm: () => void): void {
  if (unarmed.push(arm) === 1) setImmediate(armAll);
}

function armAll(): void {
  const all = unarmed;
  unarmed = [];
  for (const arm of all) arm();
}
