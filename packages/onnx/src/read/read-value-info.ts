import { elementTypeOf, type ElementType } from '#/model/element-type.ts';
import type { Dimension, ValueInfo, ValueType } from '#/model/model.ts';
import type { WireReader } from '#/wire/wire-reader.ts';

export function readValueInfo(reader: WireReader): ValueInfo {
  let name = '';
  let doc = '';
  let type: ValueType = { kind: 'other' };
  reader.fields((field) => {
    if (field === 1) name = reader.text();
    else if (field === 2) type = reader.message(readType);
    else if (field === 3) doc = reader.text();
    else reader.skip();
  });
  return { name, type, doc };
}

function readType(reader: WireReader): ValueType {
  let type: ValueType = { kind: 'other' };
  reader.fields((field) => {
    if (field === 1) type = { kind: 'tensor', ...reader.message(readTensorType) };
    else if (field === 4) type = { kind: 'sequence', ...reader.message(readContainer) };
    else if (field === 5) type = { kind: 'map', ...reader.message(readContainer) };
    else if (field === 9) type = { kind: 'optional', ...reader.message(readContainer) };
    else reader.skip();
  });
  return type;
}

function readTensorType(reader: WireReader): { element: ElementType; shape: readonly Dimension[] | undefined } {
  let element: ElementType = 'undefined';
  let shape: Dimension[] | undefined;
  reader.fields((field) => {
    if (field === 1) element = elementTypeOf(reader.int32());
    else if (field === 2) shape = reader.message(readShape);
    else reader.skip();
  });
  return { element, shape };
}

function readShape(reader: WireReader): Dimension[] {
  const shape: Dimension[] = [];
  reader.fields((field) => {
    if (field === 1) shape.push(reader.message(readDimension));
    else reader.skip();
  });
  return shape;
}

function readDimension(reader: WireReader): Dimension {
  let dimension: Dimension;
  reader.fields((field) => {
    if (field === 1) dimension = reader.size();
    else if (field === 2) dimension = reader.text();
    else reader.skip();
  });
  // Some writers have 0 or -1 for what they do not know.
  return typeof dimension === 'number' && dimension < 1 ? undefined : dimension === '' ? undefined : dimension;
}

/** A sequence and an optional have the type of their elements in field 1, a map that of its keys there and that of its values in 2. */
function readContainer(reader: WireReader): { key: ElementType; of: ValueType } {
  let key: ElementType = 'undefined';
  let of: ValueType = { kind: 'other' };
  reader.fields((field) => {
    if (field === 1 && reader.isMessage) of = reader.message(readType);
    else if (field === 1) key = elementTypeOf(reader.int32());
    else if (field === 2) of = reader.message(readType);
    else reader.skip();
  });
  return { key, of };
}
