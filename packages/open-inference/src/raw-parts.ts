import { AppError } from '@mlab/kernel/errors';
import type { TensorValues } from '@mlab/onnx';
import { readRaw, type RawTensor } from '#/raw.ts';

/** The bytes behind the JSON of a request: those of its binary tensors, in their order. */
export class RawParts {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  take(tensor: RawTensor, size: number): TensorValues {
    const left = this.#bytes.length - this.#at;
    if (size > left)
      throw new AppError('invalid', `${tensor.name} has a binary_data_size of ${size}, and the body has ${left} bytes left.`);
    const end = this.#at + size;
    const values = readRaw(tensor, this.#bytes.subarray(this.#at, end));
    this.#at = end;
    return values;
  }

  /** All must have been taken. */
  end(): void {
    const left = this.#bytes.length - this.#at;
    if (left > 0) throw new AppError('invalid', `Behind the last binary tensor the body has ${left} more bytes.`);
  }
}
