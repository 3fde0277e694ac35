import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ObjectsSettings } from '#/index.ts';

interface Measured {
  readonly size: number;
  readonly isSame: boolean;
  /** By how much the memory of the process grew meanwhile, at the most. */
  readonly grownMiB: number;
  /** Whether the SDK for S3 is in its memory. */
  readonly hasSdk: boolean;
}

/** Puts and gets 96 MiB in a process of its own. */
export async function putAndGetLarge(settings: ObjectsSettings): Promise<Measured> {
  const script = fileURLToPath(import.meta.resolve('./put-and-get-large-process.ts'));
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(settings)]);
  return JSON.parse(stdout) as Measured;
}
