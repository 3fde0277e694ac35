import type { Model, ModelInput } from '../predict/model.ts';

/** A request of the Open Inference Protocol, as protobuf is written in JSON: bytes in base64. */
export interface InferRequest {
  readonly model_name: string;
  readonly inputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly number[];
    readonly contents: Readonly<Record<string, readonly unknown[]>>;
  }[];
}

const FIELDS: Readonly<Record<string, string>> = {
  BYTES: 'bytes_contents',
  FP32: 'fp32_contents',
  FP64: 'fp64_contents',
  INT64: 'int64_contents',
  BOOL: 'bool_contents',
};

/** A row as tensors of one row each. */
export function inferRequest({ model, inputs }: Model, row: Readonly<Record<string, string | number>>): InferRequest {
  return {
    model_name: model,
    inputs: inputs.map((input) => {
      const { name, datatype } = input;
      const value = tensorValue(input, row[name]);
      const content = datatype === 'BYTES' ? Buffer.from(String(value)).toString('base64') : value;
      return { name, datatype, shape: [1, 1], contents: { [FIELDS[datatype] ?? 'fp32_contents']: [content] } };
    }),
  };
}

/** What a tensor holds for a value of a row: times as milliseconds since 1970; what is not known as no text, or as NaN. */
export function tensorValue({ datatype, kind }: ModelInput, value: string | number | undefined): string | number {
  if (value === undefined) return datatype === 'BYTES' ? '' : 'NaN';
  return kind === 'time' ? Date.parse(String(value)) : value;
}
