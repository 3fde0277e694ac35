import type { WireReader } from '#/wire/wire-reader.ts';

/** A `StringStringEntryProto`. */
export function readEntry(reader: WireReader): [key: string, value: string] {
  let key = '';
  let value = '';
  reader.fields((field) => {
    if (field === 1) key = reader.text();
    else if (field === 2) value = reader.text();
    else reader.skip();
  });
  return [key, value];
}
