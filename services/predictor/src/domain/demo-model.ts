import { CLASSES, type PredictionResponse } from '@mlab/contracts/predictor';

const LEAST_CONFIDENCE = 70;
const MOST_CONFIDENCE = 99;

/** The lab's model: a class and a confidence of 0.70 to 0.99, both drawn by `random` (uniform in [0, 1)). It is for seeing how services talk. */
export function predict(input: string, random: () => number): PredictionResponse {
  const chosen = CLASSES[Math.floor(random() * CLASSES.length)] ?? CLASSES[0];
  const percent = LEAST_CONFIDENCE + Math.floor(random() * (MOST_CONFIDENCE - LEAST_CONFIDENCE + 1));
  return {
    prediction: { class: chosen, confidence: percent / 100, input_length: countCodePoints(input) },
    message: `Predicted class: ${chosen} with ${percent.toFixed(1)}% confidence`,
  };
}

/** Length as Python counts it: a character outside the basic plane is one, although JavaScript stores it as two units. */
export function countCodePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    if (isBetween(text.charCodeAt(i), 0xd800, 0xdbff) && isBetween(text.charCodeAt(i + 1), 0xdc00, 0xdfff)) {
      count--;
      i++;
    }
  }
  return count;
}

const isBetween = (unit: number, first: number, last: number): boolean => unit >= first && unit <= last;
