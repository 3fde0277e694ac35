import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** One numbered SQL file. */
export interface Migration {
  /** Whose it is: the service itself, or what the platform keeps in the service's schema, such as `events`. */
  readonly origin: string;
  readonly number: number;
  /** Of the file. */
  readonly name: string;
  readonly text: string;
  readonly sha256: string;
}

/** The numbered files of a folder in their order. Throws a sentence when they are not 0001_name.sql, 0002_name.sql, … without a gap. */
export async function readMigrations(origin: string, folder: URL): Promise<readonly Migration[]> {
  const path = fileURLToPath(folder);
  const names = await readdir(path).catch((error: unknown) => {
    throw new Error(`The migrations of ${origin} cannot be read from ${path}.`, { cause: error });
  });
  const files = names.filter((name) => !name.startsWith('.')).toSorted();
  if (files.length === 0) throw new Error(`There are no migrations in ${path}: expected 0001_name.sql.`);
  return await Promise.all(
    files.map(async (name, index) => {
      const form = /^(\d{4})_[a-z0-9]+(?:-[a-z0-9]+)*\.sql$/.exec(name);
      if (form === null) throw new Error(`${path} holds ${name}, which is no migration: expected a name such as 0001_first-tables.sql.`);
      const number = Number(form[1]);
      if (number !== index + 1)
        throw new Error(`${path} holds ${name} where ${four(index + 1)} was expected: numbers have no gap and come once.`);
      // Git may write other line ends on other systems; the migration is the same.
      const text = (await readFile(new URL(name, `${folder.href.replace(/\/$/, '')}/`), 'utf8'))
        .replace(/^\uFEFF/, '')
        .replaceAll('\r\n', '\n');
      return { origin, number, name, text, sha256: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

function four(number: number): string {
  return String(number).padStart(4, '0');
}
