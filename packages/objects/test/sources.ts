import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
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

export async function read(objects: Objects, key: string): Promise<Buffer> {
  const { body } = await objects.get(key);
  return buffer(body);
}

export async function keysOf(objects: Objects, query: Parameters<Objects['list']>[0] = {}): Promise<string[]> {
  return (await objects.list(query)).items.map(({ key }) => key);
}

export const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
