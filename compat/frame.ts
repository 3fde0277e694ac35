/** What every run of a foreign client's tests has around it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CannotTest } from './python-environment.ts';

interface Frame {
  /** Of the folder in which all of it lies that is written on the way: it stays where something has failed. */
  readonly name: string;
  /** What is not done where it cannot be tested here: `The 31 tests of compat/inference were skipped.` */
  readonly skipped: () => string;
}

/** Runs `test` and ends the process with what it returns; with 0 where there is no Python or nothing to install from. */
export async function runInFrame({ name, skipped }: Frame, test: (folder: string) => Promise<number>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), `mlab-${name}-`));
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  try {
    process.exitCode = await test(folder);
  } catch (error) {
    if (error instanceof CannotTest) console.log(`${error.message} ${skipped()}`);
    else console.error(error instanceof Error ? error.message : error);
    process.exitCode = error instanceof CannotTest ? 0 : 1;
  }
  if (process.exitCode === 0) rmSync(folder, { recursive: true, force: true });
  else console.error(`What was written on the way is in ${folder}.`);
}
