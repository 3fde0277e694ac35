import type { TensorValues } from '@mlab/onnx';
import type { Datatype } from '#/datatypes.ts';

/**
 * Values as a JSON list, all in one as Triton writes them. JSON has no word for NaN, which becomes null, and none for infinite numbers, which become
 * the greatest; binary tensors have both.
 */
export function writeData(datatype: Datatype, values: TensorValues): string {
  if (datatype === 'BYTES') return JSON.stringify(values);
  if (datatype === 'BOOL') return writeBooleans(values as Uint8Array);
  let text = '[';
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number | bigint;
    if (index > 0) text += ',';
    text += typeof value === 'bigint' || value - value === 0 ? String(value) : writeNotFinite(value);
  }
  return `${text}]`;
}

const writeNotFinite = (value: number): string => (Number.isNaN(value) ? 'null' : String(Math.sign(value) * Number.MAX_VALUE));

function writeBooleans(values: Uint8Array): string {
  let text = '[';
  for (let index = 0; index < values.length; index++) text += `${index > 0 ? ',' : ''}${values[index] === 0 ? 'false' : 'true'}`;
  return `${text}]`;
}
