import type { PredictionResponse } from '@mlab/contracts/predictor';
import { AppError, STATUS, type CallMeta } from '@mlab/kernel';
import { fallbackAnswer, type Fallback } from '#/domain/fallback.ts';
import { failedWith, LOGGED as LOGGED_ONLY, predictedAs, type Ending } from '#/domain/input-log/entry.ts';

/** An input that has been taken in. */
export interface Kept {
  readonly id: string;
}

/** The durable log of inputs. */
export interface KeepInputs {
  /** Takes an input in, or throws `unavailable` when it could not be kept. Whoever has taken one in ends it. */
  receive(data: string, forwarded: boolean, call: CallMeta): Kept;
  /** Resolves when the input and how it ended are committed. */
  end(kept: Kept, ending: Ending): Promise<void>;
}

export interface ProcessDeps {
  /** Writes the input's line into the service's log. */
  readonly logInput: (data: string, call: CallMeta) => void;
  /** Absent where there is no database: then the line is all that is kept. */
  readonly inputs: KeepInputs | undefined;
  readonly predict: (data: string, call: CallMeta) => Promise<PredictionResponse>;
  readonly fallback: Fallback | undefined;
  readonly fellBack: () => void;
  /** In milliseconds, never going back. */
  readonly monotonic: () => number;
}

export interface Processed {
  readonly status: string;
  readonly model_prediction?: PredictionResponse;
}

const LOGGED = { status: 'Input logged successfully' } as const;

/** The lab's one use case: log the input, then ask for a prediction. An input is in the log whatever becomes of the prediction. */
export function processInput(deps: ProcessDeps, data: string, forward: boolean, call: CallMeta): Processed | Promise<Processed> {
  deps.logInput(data, call);
  if (deps.inputs !== undefined) return kept(deps, deps.inputs, data, forward, call);
  return forward ? asked(deps, data, call).then(({ answer }) => ({ ...LOGGED, model_prediction: answer })) : LOGGED;
}

/** The same, answered when the input and its prediction are committed: no answer says more than the log does. */
async function kept(deps: ProcessDeps, inputs: KeepInputs, data: string, forward: boolean, call: CallMeta): Promise<Processed> {
  const input = inputs.receive(data, forward, call);
  if (!forward) {
    await inputs.end(input, LOGGED_ONLY);
    return LOGGED;
  }
  const started = deps.monotonic();
  let asking: Asked;
  try {
    asking = await asked(deps, data, call);
  } catch (error) {
    const { code, message } = AppError.from(error);
    await inputs.end(input, failedWith(STATUS[code], message));
    throw error;
  }
  const { answer, outcome } = asking;
  await inputs.end(input, predictedAs(outcome, answer, deps.monotonic() - started));
  return { ...LOGGED, model_prediction: answer };
}

interface Asked {
  readonly answer: PredictionResponse;
  readonly outcome: 'predicted' | 'fallback';
}

async function asked({ predict, fallback, fellBack }: ProcessDeps, data: string, call: CallMeta): Promise<Asked> {
  try {
    return { answer: await predict(data, call), outcome: 'predicted' };
  } catch (error) {
    if (fallback === undefined || !AppError.is(error, 'unavailable')) throw error;
    fellBack();
    return { answer: fallbackAnswer(fallback, data), outcome: 'fallback' };
  }
}
