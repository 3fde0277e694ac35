export { columnsOf, type Ports } from '#/columns.ts';
export { DATATYPES, datatypeOf, isDatatype, type Datatype } from '#/datatypes.ts';
export { readRaw, writeRaw, type RawTensor } from '#/raw.ts';
export { countOf } from '#/shape.ts';
export { outputTensor, type OutputTensor, type Tensor } from '#/tensor.ts';
