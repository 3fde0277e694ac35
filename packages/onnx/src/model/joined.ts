import type { TensorValues } from '#/model/tensor-values.ts';

/** The values of one type behind each other. */
export function joined(parts: readonly TensorValues[]): TensorValues {
  const [first] = parts;
  if (first === undefined || Array.isArray(first)) return (parts as (readonly string[])[]).flat();
  const numbers = parts as Float32Array[];
  const whole = new (first.constructor as Float32ArrayConstructor)(numbers.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of numbers) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
