import type { Loss } from './losses.ts';

const HEADER = Uint32Array.BYTES_PER_ELEMENT;

/** The state that a trainer goes on from, with the losses that led to it, so that the report of whoever goes on has them too. */
export function packCheckpoint(state: Uint8Array, losses: readonly Loss[]): Uint8Array {
  const told = Buffer.from(JSON.stringify(losses));
  const packed = Buffer.alloc(HEADER + told.length + state.length);
  packed.writeUInt32LE(told.length);
  packed.set(told, HEADER);
  packed.set(state, HEADER + told.length);
  return packed;
}

export function unpackCheckpoint(packed: Uint8Array): { readonly state: Uint8Array; readonly losses: readonly Loss[] } {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  const end = HEADER + bytes.readUInt32LE();
  const losses = JSON.parse(bytes.toString('utf8', HEADER, end)) as Loss[];
  // A copy of its own: whoever reads numbers in it wants them aligned.
  return { state: Uint8Array.from(bytes.subarray(end)), losses };
}
