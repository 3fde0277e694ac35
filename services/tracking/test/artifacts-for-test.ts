import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { rootCall } from '@mlab/kernel';
import { Client } from 'pg';
import { startTracking, type TestTracking } from './tracking-for-test.ts';

export type Body = NonNullable<RequestInit['body']>;

export interface WireAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

export interface TestArtifacts extends TestTracking {
  /** Of the artifact proxy. */
  readonly proxy: string;
  /** The path is encoded as it is to be sent. */
  send(method: string, path: string, init?: RequestInit): Promise<WireAnswer>;
  put(path: string, body: Body): Promise<number>;
  read(path: string): Promise<Buffer | undefined>;
  /** Names in a folder, those of folders with a slash. */
  list(path: string): Promise<readonly string[]>;
  /** Asks the database, below the schema of the service. */
  query(text: string): Promise<readonly Record<string, Came>[]>;
  /** All is as it must be when nothing is under way: what is counted is what there is, and each object belongs to something. */
  checkBooks(): Promise<{ readonly bytes: number; readonly files: number }>;
}

// oxlint-disable-next-line typescript/no-explicit-any -- what came over the wire or out of the database; a test says what it is to be
export type Came = any;

export const call = (ms = 15_000) => rootCall('test', ms);

/** The service, asked as the clients of its artifacts do. */
export async function startArtifacts(env: Readonly<Record<string, string>> = {}, serving = startTracking): Promise<TestArtifacts> {
  const tracking = await serving(env);
  const admin = new Client({ connectionString: tracking.databaseUrl });
  await admin.connect();
  await admin.query('SET search_path TO tracking');
  const proxy = `${tracking.url}/api/2.0/mlflow-artifacts`;
  const send: TestArtifacts['send'] = async (method, path, init = {}) => {
    const answer = await fetch(`${proxy}/${path}`, { method, ...init });
    return { status: answer.status, headers: answer.headers, body: Buffer.from(await answer.arrayBuffer()) };
  };
  const query: TestArtifacts['query'] = async (text) => (await admin.query<Record<string, Came>>(text)).rows;
  return {
    ...tracking,
    proxy,
    send,
    put: async (path, body) => (await send('PUT', `artifacts/${path}`, { body })).status,
    read: async (path) => {
      const { status, body } = await send('GET', `artifacts/${path}`);
      return status === 200 ? body : undefined;
    },
    list: async (path) => {
      const { status, body } = await send('GET', `artifacts?path=${encodeURIComponent(path)}`);
      assert.equal(status, 200, body.toString());
      const { files = [] } = JSON.parse(body.toString()) as { files?: { path: string; is_dir: boolean }[] };
      return files.map((file) => (file.is_dir ? `${file.path}/` : file.path));
    },
    query,
    checkBooks: async () => {
      const [rows] = await query(
        `SELECT (SELECT count(*)::int FROM artifact) AS files, (SELECT coalesce(sum(size), 0)::int FROM artifact) + (SELECT coalesce(sum(size), 0)::int FROM multipart_part) AS bytes`,
      );
      const storage = await tracking.app.client.storage({ top: 1000 }, call());
      const counted = { bytes: storage.bytes, files: storage.files };
      assert.deepEqual(counted, { bytes: rows?.['bytes'], files: rows?.['files'] }, 'what is counted is what there is');
      assert.deepEqual(
        { bytes: sum(storage.folders.map(({ bytes }) => bytes)), files: sum(storage.folders.map(({ files }) => files)) },
        counted,
        'and so it is folder by folder',
      );
      await until(async () => {
        const known = await query('SELECT object_key FROM artifact UNION ALL SELECT object_key FROM multipart_part');
        const stored = await storedKeys(tracking.home);
        return JSON.stringify(stored) === JSON.stringify(known.map(({ object_key }) => String(object_key)).toSorted());
      }, 'each object belongs to something');
      return counted;
    },
    [Symbol.asyncDispose]: async () => {
      await admin.end();
      await tracking[Symbol.asyncDispose]();
    },
  };
}

/** Keys of the objects of the service, and of nothing else: a file that is none of them is not to be there. */
export async function storedKeys(home: string): Promise<readonly string[]> {
  const folder = join(home, 'objects', 'tracking');
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  return files.map((file) => file.replace(/@object$/, '')).toSorted();
}

export async function until(isSo: () => Promise<boolean>, what: string, ms = 10_000): Promise<void> {
  for (const limit = performance.now() + ms; !(await isSo());) {
    assert.ok(performance.now() < limit, `${what}: not so after ${ms} ms`);
    await delay(20);
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
