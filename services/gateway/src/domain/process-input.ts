import type { PredictionResponse } from '@mlab/contracts/predictor';
import { AppError, type CallMeta } from '@mlab/kernel';
import { fallbackAnswer, type Fallback } from '#/domain/fallback.ts';

export interface ProcessDeps {
  /** Puts the input into the log. Returns when it is there. */
  readonly logInput: (data: string, call: CallMeta) => void;
  readonly predict: (data: string, call: CallMeta) => Promise<PredictionResponse>;
  readonly fallback: Fallback | undefined;
  readonly fellBack: () => void;
}

export interface Processed {
  readonly status: string;
  readonly model_prediction?: PredictionResponse;
}

const LOGGED = { status: 'Input logged successfully' } as const;

/** The lab's one use case: log the input, then ask for a prediction. An input is in the log whatever becomes of the prediction. */
export function processInput(deps: ProcessDeps, data: string, forward: boolean, call: CallMeta): Processed | Promise<Processed> {
  deps.logInput(data, call);
  return forward ? forwarded(deps, data, call) : LOGGED;
}

async function forwarded({ predict, fallback, fellBack }: ProcessDeps, data: string, call: CallMeta): Promise<Processed> {
  try {
    return { ...LOGGED, model_prediction: await predict(data, call) };
  } catch (error) {
    if (fallback === undefined || !AppError.is(error, 'unavailable')) throw error;
    fellBack();
    return { ...LOGGED, model_prediction: fallbackAnswer(fallback, data) };
  }
}
