/** Probabilities are kept so far from 0 and 1 before a logarithm is taken, as scikit-learn does. */
const EPSILON = Number.EPSILON;

/** -log of the probability of the class that a row is of. */
export const logLoss = (probability: number): number => -Math.log(Math.min(Math.max(probability, EPSILON), 1 - EPSILON));

/** One class's probability of each row. */
export function probabilitiesOf(predictions: Float64Array, label: number, classes: number): Float64Array {
  const probabilities = new Float64Array(predictions.length / classes);
  for (let row = 0; row < probabilities.length; row++) probabilities[row] = predictions[row * classes + label] as number;
  return probabilities;
}

/** The squared distance between a row's probabilities and what it is (Brier, 1950); halved by scikit-learn where there are two classes. */
export function squaredDistance(predictions: Float64Array, row: number, label: number, classes: number): number {
  let sum = 0;
  for (let other = 0; other < classes; other++) {
    const difference = (predictions[row * classes + other] as number) - (other === label ? 1 : 0);
    sum += difference * difference;
  }
  return classes === 2 ? sum / 2 : sum;
}
