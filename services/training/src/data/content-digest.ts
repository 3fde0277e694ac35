import { createHash } from 'node:crypto';
import type { Table } from '@mlab/learning';

/**
 * SHA-256 of what a table says, whatever file it came from: of each column in order a line of JSON with its kind, its name and the number of rows, then
 * its values: doubles in little endian, NaN (of one pattern) for no value; of text a line of JSON with its words in the order in which they come
 * first, then their places as 32-bit integers in little endian, −1 for no value. Rows in another order are another content.
 */
export function contentDigest(table: Table): string {
  const hash = createHash('sha256');
  for (const column of table.columns) {
    hash.update(`${JSON.stringify([column.kind, column.name, table.rows])}\n`);
    if (column.kind === 'text') {
      hash.update(`${JSON.stringify(column.words)}\n`);
      hash.update(bytesOf(column.codes));
    } else hash.update(bytesOf(column.values));
  }
  return hash.digest('hex');
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Int32Array | Float64Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
