import type { Readable } from 'node:stream';

/** Reads a stream in parts whose sizes are known: each call waits for so many bytes more. One call at a time. */
export function readExactly(stream: Readable): (size: number) => Promise<Buffer<ArrayBuffer>> {
  let into: { readonly bytes: Buffer<ArrayBuffer>; at: number; readonly done: (bytes: Buffer<ArrayBuffer>) => void } | undefined;
  stream.pause();
  stream.on('data', (chunk: Buffer) => {
    if (into === undefined) return stream.unshift(chunk);
    const { bytes, done } = into;
    const taken = Math.min(chunk.length, bytes.length - into.at);
    bytes.set(chunk.subarray(0, taken), into.at);
    into.at += taken;
    if (into.at < bytes.length) return;
    into = undefined;
    stream.pause();
    if (taken < chunk.length) stream.unshift(chunk.subarray(taken));
    done(bytes);
  });
  return (size) =>
    size === 0
      ? Promise.resolve(Buffer.alloc(0))
      : new Promise((done) => {
          into = { bytes: Buffer.allocUnsafeSlow(size), at: 0, done };
          stream.resume();
        });
}
