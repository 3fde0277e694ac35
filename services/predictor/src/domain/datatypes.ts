import type { Port } from '@mlab/onnx';

/** What the Open Inference Protocol calls the element types of ONNX. */
const NAMES: Readonly<Partial<Record<Port['type'], string>>> = {
  bool: 'BOOL',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  float16: 'FP16',
  float: 'FP32',
  double: 'FP64',
  string: 'BYTES',
};

export const datatypeOf = (type: Port['type']): string => NAMES[type] ?? type.toUpperCase();
