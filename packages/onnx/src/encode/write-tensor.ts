import { elementTypeNumber } from '#/model/element-type.ts';
import type { Tensor } from '#/model/model.ts';
import type { WireWriter } from '#/wire/wire-writer.ts';
import { AppError } from '@mlab/kernel/errors';

export function writeTensor(writer: WireWriter, { name, type, dims, content }: Tensor): void {
  for (const dim of dims) writer.int(1, dim);
  writer.int(2, elementTypeNumber(type));
  if (content.kind === 'floats') writer.packedNumbers(4, content.values);
  else if (content.kind === 'int32s') writer.packedInts(5, BigInt64Array.from(content.values, BigInt));
  else if (content.kind === 'strings') writer.strings(6, content.values);
  else if (content.kind === 'int64s') writer.packedInts(7, content.values);
  writer.text(8, name);
  if (content.kind === 'raw') writer.bytes(9, content.bytes);
  else if (content.kind === 'doubles') writer.packedNumbers(10, content.values);
  else if (content.kind === 'uint64s') writer.packedInts(11, new BigInt64Array(content.values.slice().buffer));
  else if (content.kind === 'external') throw new AppError('invalid', `The tensor ${name} is kept in another file and is not written.`);
}
