import type { ForeignAnswer } from '@mlab/kernel';
import { writeData } from '#/json/write-data.ts';
import { writeRaw } from '#/raw.ts';
import type { RequestedOutput } from '#/request.ts';
import type { OutputTensor } from '#/tensor.ts';

export interface InferResponse {
  readonly model: string;
  readonly version: string;
  readonly id: string | undefined;
  /** What was asked for, in that order. */
  readonly outputs: readonly OutputTensor[];
}

export const HEADER_LENGTH = 'inference-header-content-length';

/** An answer over REST: JSON, behind which those tensors stand as bytes that were asked for so. The text is built by hand: it is the hot path. */
export function writeResponse({ model, version, id, outputs }: InferResponse, requested: readonly RequestedOutput[]): ForeignAnswer {
  let json = `{"model_name":${JSON.stringify(model)},"model_version":${JSON.stringify(version)}`;
  if (id !== undefined) json += `,"id":${JSON.stringify(id)}`;
  json += ',"outputs":[';
  let parts: Uint8Array[] | undefined;
  for (let index = 0; index < outputs.length; index++) {
    const { name, datatype, shape, data } = outputs[index] as OutputTensor;
    json += `${index > 0 ? ',' : ''}{"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":[${shape.join(',')}]`;
    if (requested[index]?.binary === true) {
      const bytes = writeRaw(data);
      (parts ??= []).push(bytes);
      json += `,"parameters":{"binary_data_size":${bytes.length}}}`;
    } else json += `,"data":${writeData(datatype, data)}}`;
  }
  json += ']}';
  if (parts === undefined) return { status: 200, contentType: 'application/json', body: json };
  const header = Buffer.from(json);
  return {
    status: 200,
    contentType: 'application/octet-stream',
    headers: { [HEADER_LENGTH]: String(header.length) },
    body: Buffer.concat([header, ...parts]),
  };
}
