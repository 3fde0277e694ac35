import { isUtf8 } from 'node:buffer';
import { createHash, hash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { bufferOf } from '@mlab/kernel';
import type { Tensors } from '#/domain/models/tensors.ts';

const inflaters: Readonly<Record<string, (body: Uint8Array, options: { readonly maxOutputLength: number }) => Promise<Buffer>>> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
};

/** More JSON than this is not looked into: what it costs to read would be lost to all others. */
const MAX_JSON_BYTES = 262_144;

const PIECE_BYTES = 1_048_576;

type Headers = Readonly<Record<string, string>>;

/** What the log says of a body. It never fails: what is wrong with it is for the model to say. */
export async function readTensors(headers: Headers, body: Uint8Array, limit: number): Promise<Tensors> {
  const encoding = headers['content-encoding'];
  const compressed = encoding !== undefined && encoding !== 'identity';
  const plain = compressed ? await inflated(encoding, body) : body;
  const announced = headers['inference-header-content-length'];
  const binary = announced !== undefined;
  const part = jsonPart(plain, announced);
  const text = part !== undefined && isUtf8(part) ? bufferOf(part).toString('utf8') : undefined;
  const json = text === undefined ? undefined : parsed(text);
  const whole = text !== undefined && !binary && !compressed && text.length <= limit;
  return {
    text: whole ? text : undefined,
    json,
    bytes: body.byteLength,
    sha256: whole ? '' : await sha256(body),
    binary,
    encoding: compressed ? encoding.slice(0, 32) : undefined,
  };
}

function jsonPart(body: Uint8Array | undefined, announced: string | undefined): Uint8Array | undefined {
  const length = announced === undefined ? body?.byteLength : /^\d{1,9}$/.test(announced) ? Number(announced) : undefined;
  if (body === undefined || length === undefined || length > body.byteLength || length > MAX_JSON_BYTES) return undefined;
  return body.subarray(0, length);
}

const inflated = (encoding: string, body: Uint8Array): Promise<Uint8Array | undefined> =>
  Object.hasOwn(inflaters, encoding)
    ? (inflaters[encoding] as (typeof inflaters)[string])(body, { maxOutputLength: MAX_JSON_BYTES }).catch(() => undefined)
    : Promise.resolve(undefined);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Small ones at once; large ones a piece at a time, with others in between. */
async function sha256(body: Uint8Array): Promise<string> {
  if (body.byteLength < MAX_JSON_BYTES) return hash('sha256', body, 'hex');
  const digest = createHash('sha256');
  for (let at = 0; at < body.byteLength; at += PIECE_BYTES) {
    digest.update(body.subarray(at, at + PIECE_BYTES));
    await turn();
  }
  return digest.digest('hex');
}
