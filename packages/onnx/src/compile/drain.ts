import type { Elements, Value } from '#/compile/value.ts';
import type { TensorValues } from '#/model/tensor-values.ts';

/** An array for `length` values of an output. */
export function newOutput({ kind }: Value, length: number): TensorValues {
  if (kind === 'string') return Array.from({ length }, () => '');
  if (kind === 'float') return new Float32Array(length);
  if (kind === 'double') return new Float64Array(length);
  if (kind === 'int64') return new BigInt64Array(length);
  return kind === 'int32' ? new Int32Array(length) : new Uint8Array(length);
}

/** Copies the first `count` values of an output's buffer to where the block begins. */
export function drain(value: Value, output: TensorValues, from: number, count: number): void {
  if (output instanceof BigInt64Array) drainIntegers(value.data as Float64Array, output, from, count);
  else {
    const source: Elements = value.data;
    const into = output as Elements;
    for (let at = 0; at < count; at++) into[from + at] = source[at];
  }
}

/** Without making a bigint of each. */
function drainIntegers(source: Float64Array, output: BigInt64Array, from: number, count: number): void {
  const words = new Int32Array(output.buffer, output.byteOffset, output.length * 2);
  for (let at = 0; at < count; at++) {
    const value = source[at] as number;
    const high = Math.floor(value / 4294967296);
    words[(from + at) * 2] = value - high * 4294967296;
    words[(from + at) * 2 + 1] = high;
  }
}
