import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '@mlab/kernel/errors';
import type { RemoteOrder } from './order.ts';

/** The training service, as a program sees it that it has begun. */
export interface ProgramLab {
  order(): Promise<RemoteOrder>;
  /** Writes the file that is to be learnt from; throws where it is not the one that was described. */
  fetchDataset(dataset: RemoteOrder['dataset'], path: string): Promise<void>;
  /** What an earlier attempt has kept. */
  state(): Promise<Uint8Array | undefined>;
  keepState(state: Uint8Array): Promise<void>;
  end(outcome: Uint8Array): Promise<void>;
}

export interface ProgramLabOptions {
  readonly url: string;
  readonly id: string;
  readonly token: string;
  readonly signal: AbortSignal;
  /** How long a service that does not answer is asked again, in milliseconds: it may be starting anew. */
  readonly patienceMs?: number;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;

export function openProgramLab({ url, id, token, signal, patienceMs = 1_200_000 }: ProgramLabOptions): ProgramLab {
  const base = url.replace(/\/$/, '');

  /** Until there is an answer; only what the service refuses for good is one that is thrown. */
  async function ask(path: string, init: () => RequestInit = () => ({})): Promise<Response> {
    const limit = performance.now() + patienceMs;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      signal.throwIfAborted();
      const answer = await fetch(`${base}${path}`, { ...init(), headers: { 'mlab-program-token': token }, signal }).catch(
        (error: unknown) => error,
      );
      if (answer instanceof Response && answer.ok) return answer;
      const why = answer instanceof Response ? `${answer.status} ${await answer.text().catch(() => '')}` : String(answer);
      if (answer instanceof Response && answer.status < 500 && answer.status !== 408 && answer.status !== 429)
        throw new AppError('conflict', `The training service refuses ${path}: ${why}`);
      if (performance.now() > limit) throw new AppError('unavailable', `The training service does not answer ${path}: ${why}`);
      await wait(pause, undefined, { signal });
    }
  }

  const program = `/programs/${id}`;
  const put = async (what: string, bytes: Uint8Array): Promise<void> => {
    const answer = await ask(`${program}/${what}`, () => ({ method: 'PUT', body: bytes as Uint8Array<ArrayBuffer> }));
    await answer.body?.cancel();
  };
  return {
    order: async () => (await (await ask(`${program}/order`)).json()) as RemoteOrder,
    fetchDataset: async ({ id: dataset, sha256 }, path) => {
      const answer = await ask(`/datasets/${dataset}/content`);
      const hash = createHash('sha256');
      const hashing = new Transform({
        transform: (chunk: Buffer, _encoding, done) => {
          hash.update(chunk);
          done(undefined, chunk);
        },
      });
      await pipeline(Readable.fromWeb(answer.body as ReadableStream), hashing, createWriteStream(path), { signal });
      if (hash.digest('hex') !== sha256)
        throw new AppError('conflict', 'The dataset has changed since it was described: describe it anew.');
    },
    state: async () => {
      const bytes = new Uint8Array(await (await ask(`${program}/state`)).arrayBuffer());
      return bytes.length === 0 ? undefined : bytes;
    },
    keepState: (state) => put('state', state),
    end: (outcome) => put('outcome', outcome),
  };
}
