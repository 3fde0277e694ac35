import { promisify } from 'node:util';
import { deflate, gunzip, gzip, inflate } from 'node:zlib';
import { AppError } from '@mlab/kernel/errors';
import type { ForeignAnswer } from '@mlab/kernel';

const inflaters = { gzip: promisify(gunzip), 'x-gzip': promisify(gunzip), deflate: promisify(inflate) } as const;
const deflaters = { gzip: promisify(gzip), deflate: promisify(deflate) } as const;

/** So many bodies are decompressed at once: a few kilobytes of each may become as much as the limit allows. */
const MOST_AT_ONCE = 4;
let inside = 0;
const waiting: (() => void)[] = [];

async function enter(): Promise<Disposable> {
  if (inside < MOST_AT_ONCE) inside++;
  else await new Promise<void>((resolve) => void waiting.push(resolve));
  return { [Symbol.dispose]: leave };
}

/** Whoever waits longest takes the place over. */
function leave(): void {
  const next = waiting.shift();
  if (next === undefined) inside--;
  else next();
}

/** A body as it was before its client compressed it. It may have `limit` bytes at most then. */
export async function decompress(body: Buffer, encoding: string, limit: number): Promise<Buffer> {
  const name = encoding.trim().toLowerCase();
  if (name === 'identity' || name === '') return body;
  const inflater = Object.hasOwn(inflaters, name) ? inflaters[name as keyof typeof inflaters] : undefined;
  if (inflater === undefined)
    throw new AppError('invalid', `Content-Encoding has to be gzip or deflate, and is ${JSON.stringify(name.slice(0, 80))}.`);
  using _place = await enter();
  try {
    return await inflater(body, { maxOutputLength: limit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new AppError('too_large', `The body is larger than ${limit} bytes when it is decompressed.`);
    throw new AppError('malformed', `The body cannot be decompressed as ${name}.`);
  }
}

/** Less is not worth the time it takes. */
const WORTH_BYTES = 2048;

/** Whether an answer should be compressed for whoever accepts these encodings, and how. */
export function encodingFor(accepted: string | undefined, { body }: ForeignAnswer): keyof typeof deflaters | undefined {
  if (accepted === undefined || !isWhole(body) || body.length < WORTH_BYTES) return undefined;
  for (const name of ['gzip', 'deflate'] as const) {
    const entry = accepted.split(',').find((item) => item.split(';', 1)[0]?.trim().toLowerCase() === name);
    if (entry !== undefined && !/;\s*q=0(\.0*)?\s*$/.test(entry)) return name;
  }
  return undefined;
}

export async function compress(answer: ForeignAnswer, encoding: keyof typeof deflaters): Promise<ForeignAnswer> {
  const body = await deflaters[encoding](answer.body as string | Uint8Array, { level: 1 });
  return { ...answer, headers: { ...answer.headers, 'content-encoding': encoding, vary: 'accept-encoding' }, body };
}

const isWhole = (body: ForeignAnswer['body']): body is string | Uint8Array => typeof body === 'string' || body instanceof Uint8Array;
