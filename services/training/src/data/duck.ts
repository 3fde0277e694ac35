import { join } from 'node:path';
import { AppError } from '@mlab/kernel/errors';
import type { DuckDBConnection, DuckDBDataChunk, DuckDBValue } from '@duckdb/node-api';
import type { ReadLimits } from '#/data/dataset.ts';

/**
 * A DuckDB in memory that can read the named files and nothing else: no other file, no network, no extension, and no way to allow it any more.
 * What it cannot hold in memory it keeps in the folder.
 */
export async function openDuck({
  files,
  folder,
  limits,
  signal,
}: {
  files: readonly string[];
  folder: string;
  limits: ReadLimits;
  signal: AbortSignal;
}): Promise<Duck> {
  const { DuckDBInstance } = await import('@duckdb/node-api').catch((error: unknown) => {
    const where = `${process.platform} on ${process.arch}`;
    throw new AppError('not_implemented', `Data files are read by DuckDB, which has no program for ${where}, or it is not installed.`, {
      cause: error,
    });
  });
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    memory_limit: `${limits.memoryMiB}MiB`,
    threads: String(limits.threads),
    temp_directory: join(folder, 'spill'),
    max_temp_directory_size: `${limits.memoryMiB * 4}MiB`,
    preserve_insertion_order: 'true',
  });
  const connection = await instance.connect();
  const duck = new Duck(connection, () => instance.closeSync(), signal);
  await duck.run(`SET allowed_paths = [${files.map(literal).join(', ')}]`);
  await duck.run("SET TimeZone = 'UTC'").catch(() => undefined);
  await duck.run('SET enable_external_access = false');
  await duck.run('SET lock_configuration = true');
  return duck;
}

/** A text of SQL that means the text itself. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export class Duck implements Disposable {
  readonly #connection: DuckDBConnection;
  readonly #close: () => void;
  readonly #signal: AbortSignal;
  readonly #interrupt: () => void;

  constructor(connection: DuckDBConnection, close: () => void, signal: AbortSignal) {
    this.#connection = connection;
    this.#close = close;
    this.#signal = signal;
    this.#interrupt = () => connection.interrupt();
    signal.addEventListener('abort', this.#interrupt);
  }

  async run(sql: string): Promise<void> {
    await this.#asked(() => this.#connection.run(sql));
  }

  /** All rows. For few of them. */
  async rows(sql: string): Promise<DuckDBValue[][]> {
    return await this.#asked(async () => (await this.#connection.runAndReadAll(sql)).getRows());
  }

  /** Rows in their order, some thousand at a time. */
  async *chunks(sql: string): AsyncGenerator<DuckDBDataChunk> {
    const result = await this.#asked(() => this.#connection.stream(sql));
    while (true) {
      const chunk = await this.#asked(() => result.fetchChunk());
      if (chunk === null || chunk.rowCount === 0) return;
      yield chunk;
    }
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#interrupt);
    this.#connection.closeSync();
    this.#close();
  }

  async #asked<T>(ask: () => Promise<T>): Promise<T> {
    this.#signal.throwIfAborted();
    try {
      const result = await ask();
      this.#signal.throwIfAborted();
      return result;
    } catch (error) {
      this.#signal.throwIfAborted();
      throw understood(error);
    }
  }
}

/** What DuckDB did not like about a file is invalid, what does not fit is too large; all else is no client's mistake. */
function understood(error: unknown): unknown {
  const message = error instanceof Error ? error.message : String(error);
  if (/^Out of Memory Error/i.test(message)) {
    return new AppError('too_large', 'The table does not fit into the memory that reading has.', { cause: error });
  }
  // These are mistakes of this program, as far as they are not about a file.
  if (/^(Catalog|Parser|Binder|Syntax|Permission) Error/i.test(message) && !message.startsWith('Binder Error: json')) return error;
  return new AppError('invalid', sentenceOf(message), { cause: error });
}

/** Without paths, advice on settings, and the statement. */
function sentenceOf(message: string): string {
  const line = /CSV Error on Line: (\d+)|Malformed JSON .*in line (\d+)/
    .exec(message)
    ?.slice(1)
    .find((found) => found !== undefined);
  const where = line === undefined ? 'The file cannot be read' : `Line ${line} cannot be read`;
  const counts = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(message);
  if (counts !== null) return `${where}: it has ${counts[2]} fields, and ${counts[1]} were expected.`;
  if (message.includes('unterminated quote')) return `${where}: it has a quote that does not end, or that ends before the field does.`;
  if (message.includes('Malformed JSON'))
    return `${where}: it is no whole JSON (${/line \d+: (.*?)\. /.exec(message)?.[1] ?? 'it cannot be parsed'}).`;
  if (message.includes('expected records')) return `${where}: it is not made of objects that have a name and a value at least.`;
  if (message.includes('Maximum line size')) return `${where}: it is too long.`;
  const convert = /Could not convert string "(.{0,200}?)" to '(\w+)'/s.exec(message);
  if (convert !== null) return `${where}: ${JSON.stringify(convert[1])} is no ${convert[2]}.`;
  if (/^(INTERNAL|FATAL|Invalid) Error/i.test(message)) return `${where}: it is damaged.`;
  const [first = ''] = message.replace(/^[\w ]+ Error: /i, '').split('\n');
  const plain = first
    .replace(/ ?(in )?file "[^"]*",?/g, '')
    .replace(/'\/[^']*'/g, 'it')
    .trim();
  return `${where}: ${plain.endsWith('.') ? plain : `${plain}.`}`;
}
