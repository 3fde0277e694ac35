/** So much is copied at once: a millisecond or two. */
const SLICE_BYTES = 1_048_576;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A copy of its own memory, which can be given away. It is made a piece at a time, with others in between. */
export async function copied(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
    if (at > 0) await turn();
    copy.set(bytes.subarray(at, at + SLICE_BYTES), at);
  }
  return copy;
}
