import type { Column, Output } from '@mlab/onnx';
import { datatypeOf, type Datatype } from '#/datatypes.ts';
import { AppError } from '@mlab/kernel/errors';

/** Values with what the protocol says of them. What came has been checked: as many values as the shape says, all of the datatype. */
export interface Tensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** Row after row. */
  readonly data: Column;
}

/** A tensor that a model has given. */
export interface OutputTensor extends Tensor {
  readonly data: Output['data'];
}

/** An output of a model in the protocol's words. */
export function outputTensor(name: string, { type, dims, data }: Output): OutputTensor {
  const datatype = datatypeOf(type);
  if (datatype === undefined)
    throw new AppError('not_implemented', `${name} is of ONNX's type ${type}, which the protocol has no word for.`);
  return { name, datatype, shape: dims, data };
}
