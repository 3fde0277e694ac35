import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// @ts-expect-error -- it comes without types
import S3rver from 's3rver';

interface Running {
  run(): Promise<{ readonly port: number }>;
  close(): Promise<void>;
}

export interface S3rverServer extends AsyncDisposable {
  readonly url: string;
  /** Everything below the bucket, as paths. */
  readonly files: () => Promise<readonly string[]>;
}

/** Somebody else's S3 server, which looks at signatures and keeps its objects in files. */
export async function startS3rver(bucket: string): Promise<S3rverServer> {
  const directory = await mkdtemp(join(tmpdir(), 'mlab-s3rver-'));
  const options = { address: '127.0.0.1', port: 0, silent: true, directory, configureBuckets: [{ name: bucket }] };
  const server = new (S3rver as new (settings: object) => Running)(options);
  const { port } = await server.run();
  return {
    url: `http://127.0.0.1:${port}`,
    files: () => readdir(join(directory, bucket), { recursive: true }),
    [Symbol.asyncDispose]: async () => {
      await server.close();
      await rm(directory, { recursive: true });
    },
  };
}
