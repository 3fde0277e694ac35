import type { PredictionResponse } from '@mlab/contracts/predictor';

export interface Fallback {
  readonly class: string;
  /** 0–1. */
  readonly confidence: number;
}

/** What is answered in place of a prediction while Service B is unavailable. It says what it is. */
export function fallbackAnswer(fallback: Fallback, input: string): PredictionResponse {
  return {
    prediction: { class: fallback.class, confidence: fallback.confidence, input_length: Array.from(input).length },
    message: `Fallback class: ${fallback.class}, because Service B is unavailable`,
  };
}
