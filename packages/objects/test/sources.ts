import { createHash, randomBytes } from 'node:crypto';
import type { Objects } from '@mlab/kernel';

export const MIB = 1024 * 1024;

export const sha256Of = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** Chunks of changing sizes, as they come from a network. */
export async function* streamOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0, length = 1; start < bytes.length; start += length, length = (length * 7 + 1) % 100_003) {
    yield bytes.subarray(start, start + length);
  }
}

export async function* failingAfter(bytes: number, error: Error): AsyncGenerator<Uint8Array> {
  yield* streamOf(randomBytes(bytes));
  throw error;
}

/** Gives so many bytes and then nothing more, nor an end; `reached` resolves when it hangs. */
export function hangingAfter(bytes: number): { source: AsyncIterable<Uint8Array>; reached: Promise<void> } {
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* streamOf(randomBytes(bytes));
    resolve();
    await new Promise(() => {});
  }
  return { source: source(), reached };
}

/** What `buffer` of node:stream/consumers gives, which goes through a Blob and takes several times as long. */
export async function whole(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(stream));
}

export async function read(objects: Objects, key: string): Promise<Buffer> {
  return whole((await objects.get(key)).body);
}

export async function keysOf(objects: Objects, query: Parameters<Objects['list']>[0] = {}): Promise<string[]> {
  return (await objects.list(query)).items.map(({ key }) => key);
}

export const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
