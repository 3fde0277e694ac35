import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, type QueryResultRow } from 'pg';
import { claimFolder } from '#/embedded/index.ts';
import { folderForTests } from '#/testing.ts';

export interface Scratch extends AsyncDisposable {
  readonly folder: string;
}

export async function scratchFolder(): Promise<Scratch> {
  const folder = await claimFolder(folderForTests(), 'mlab-embedded-', 0o700);
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) };
}

/** One statement over one connection. */
export async function query<Row extends QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  // A server that is killed while we close tells us so; the statement has been answered by then.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Not within 10 s: ${what}.`);
    await delay(5);
  }
}

export interface Told {
  readonly url: string;
  readonly pid: number;
  readonly binaries: string;
}

/** What embedded-parent.ts says when its server is up. */
export async function firstWord(output: Readable): Promise<Told> {
  for await (const line of createInterface({ input: output })) return JSON.parse(line) as Told;
  throw new Error('It ended before its server was up.');
}
