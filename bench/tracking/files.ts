/** One file of 100 MB, up and down. */
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { request } from 'undici';
import type { Ground } from './contests.ts';

export const MEGABYTES = 100;
const BLOCK = randomBytes(1024 * 1024);
const expected = createHash('sha256');
for (let block = 0; block < MEGABYTES; block++) expected.update(BLOCK);
const DIGEST = expected.digest('hex');

const urlOf = (uri: string, { scratch, run }: Ground): string =>
  `${uri}/api/2.0/mlflow-artifacts/artifacts/${scratch}/${run}/artifacts/large.bin`;

/** MB/s. */
export async function upload(uri: string, ground: Ground): Promise<number> {
  const began = performance.now();
  const { statusCode, body } = await request(urlOf(uri, ground), {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream', 'content-length': `${MEGABYTES * BLOCK.length}` },
    body: Readable.from(blocks()),
    headersTimeout: 120_000,
  });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`An upload to ${uri} was answered ${statusCode}: ${text.slice(0, 300)}`);
  return (MEGABYTES * 1000) / (performance.now() - began);
}

/** MB/s. What arrives is what was sent, which costs every server the same. */
export async function download(uri: string, ground: Ground): Promise<number> {
  const began = performance.now();
  const { statusCode, body } = await request(urlOf(uri, ground), { headersTimeout: 120_000, bodyTimeout: 120_000 });
  const hash = createHash('sha256');
  for await (const chunk of body) hash.update(chunk as Buffer);
  const speed = (MEGABYTES * 1000) / (performance.now() - began);
  if (statusCode !== 200 || hash.digest('hex') !== DIGEST) throw new Error(`A download from ${uri} (${statusCode}) is not what was sent.`);
  return speed;
}

async function* blocks(): AsyncGenerator<Buffer> {
  for (let block = 0; block < MEGABYTES; block++) yield BLOCK;
}
