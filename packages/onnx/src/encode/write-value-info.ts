import { elementTypeNumber } from '#/model/element-type.ts';
import type { Dimension, ValueInfo, ValueType } from '#/model/model.ts';
import type { WireWriter } from '#/wire/wire-writer.ts';
import { AppError } from '@mlab/kernel/errors';

export function writeValueInfo(writer: WireWriter, { name, type, doc }: ValueInfo): void {
  writer.text(1, name);
  writer.message(2, () => writeType(writer, type));
  writer.text(3, doc);
}

function writeType(writer: WireWriter, type: ValueType): void {
  if (type.kind === 'tensor') {
    writer.message(1, () => {
      writer.int(1, elementTypeNumber(type.element));
      const { shape } = type;
      if (shape !== undefined) writer.message(2, () => shape.forEach((dimension) => writeDimension(writer, dimension)));
    });
  } else if (type.kind === 'sequence') writer.message(4, () => writer.message(1, () => writeType(writer, type.of)));
  else if (type.kind === 'optional') writer.message(9, () => writer.message(1, () => writeType(writer, type.of)));
  else if (type.kind === 'map') {
    writer.message(5, () => {
      writer.int(1, elementTypeNumber(type.key));
      writer.message(2, () => writeType(writer, type.of));
    });
  } else throw new AppError('invalid', 'A value of the graph has a type that is not written.');
}

function writeDimension(writer: WireWriter, dimension: Dimension): void {
  writer.message(1, () => {
    if (typeof dimension === 'number') writer.int(1, dimension);
    else if (dimension !== undefined) writer.string(2, dimension);
  });
}
