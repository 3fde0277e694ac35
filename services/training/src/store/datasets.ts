import type { Queryable, Row } from '@mlab/kernel';
import { integer, json, jsonb, nullable, oneOf, sql, text, timestamp } from '@mlab/sql';
import type { KeptDataset, Reading } from '#/domain/dataset.ts';

const columns = sql`seq, id, name, source, place, file_name, reading, bytes, sha256, created_at`;

function toDataset(row: Row): KeptDataset {
  return {
    seq: integer(row['seq']),
    id: text(row['id']),
    name: text(row['name']),
    source: oneOf(['path', 'upload'], row['source']),
    place: text(row['place']),
    fileName: text(row['file_name']),
    reading: json<Reading>(row['reading']),
    bytes: integer(row['bytes']),
    sha256: text(row['sha256']),
    createdAt: timestamp(row['created_at']),
  };
}

export type NewDataset = Omit<KeptDataset, 'seq'>;

export async function insertDataset(db: Queryable, made: NewDataset): Promise<void> {
  const { id, name, source, place, fileName, reading, bytes, sha256, createdAt } = made;
  await db.run(sql`INSERT INTO dataset (id, name, source, place, file_name, reading, bytes, sha256, created_at)
    VALUES (${id}, ${name}, ${source}, ${place}, ${fileName}, ${jsonb(reading)}, ${bytes}, ${sha256}, ${createdAt})`);
}

export function findDataset(db: Queryable, id: string): Promise<KeptDataset | undefined> {
  return db.first(sql`SELECT ${columns} FROM dataset WHERE id = ${id}`, toDataset);
}

/** Nobody begins a job with it until the transaction ends. */
export function lockDataset(db: Queryable, id: string): Promise<KeptDataset | undefined> {
  return db.first(sql`SELECT ${columns} FROM dataset WHERE id = ${id} FOR UPDATE`, toDataset);
}

export interface DatasetPage {
  readonly name: string | undefined;
  /** Only those made before it. */
  readonly below: number | undefined;
  readonly limit: number;
}

/** The newest first. */
export function listDatasets(db: Queryable, { name, below, limit }: DatasetPage): Promise<readonly KeptDataset[]> {
  return db.all(
    sql`SELECT ${columns} FROM dataset
      WHERE (${name ?? null}::text IS NULL OR name = ${name ?? null}) AND (${below ?? null}::bigint IS NULL OR seq < ${below ?? null})
      ORDER BY seq DESC LIMIT ${limit}`,
    toDataset,
  );
}

export function findDescription(db: Queryable, id: string): Promise<unknown> {
  return db.first(sql`SELECT description FROM dataset WHERE id = ${id}`, (row) => nullable(json, row['description']));
}

export async function keepDescription(db: Queryable, id: string, description: object): Promise<void> {
  await db.run(sql`UPDATE dataset SET description = ${jsonb(description)} WHERE id = ${id}`);
}

export async function deleteDataset(db: Queryable, id: string): Promise<void> {
  await db.run(sql`DELETE FROM dataset WHERE id = ${id}`);
}
