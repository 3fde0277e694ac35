import { AppError } from '@mlab/kernel/errors';
import type { Port } from '@mlab/onnx';
import { shapeText } from '#/shape.ts';
import type { OutputTensor } from '#/tensor.ts';

/**
 * The greatest values of each row with their classes, as Triton writes them: `0.900000:2:virginica`.
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_classification.md
 */
export function classify(tensor: OutputTensor, count: number, classes: Port['classes']): OutputTensor {
  const { name, shape, data } = tensor;
  const [rows, width] = shape;
  if (rows === undefined || width === undefined || shape.length !== 2)
    throw new AppError(
      'invalid',
      `${name} cannot be given as classes: it has the shape ${shapeText(shape)}, and not a value for each class.`,
    );
  const kept = Math.min(count, width);
  const texts: string[] = [];
  for (let row = 0; row < rows; row++) {
    const values = Array.from({ length: width }, (_, index) => data[row * width + index] as number);
    const order = values.map((_, index) => index).toSorted((a, b) => compare(values[a] as number, values[b] as number) || a - b);
    for (const index of order.slice(0, kept)) {
      const label = classes?.[index];
      texts.push(`${(values[index] as number).toFixed(6)}:${index}${label === undefined ? '' : `:${label}`}`);
    }
  }
  return { name, datatype: 'BYTES', shape: [rows, kept], data: texts };
}

/** Greatest first; NaN is the least. */
const compare = (a: number, b: number): number => (Number.isNaN(a) ? (Number.isNaN(b) ? 0 : 1) : Number.isNaN(b) ? -1 : b - a);
