import type { Queryable } from '@mlab/kernel';
import { sql } from '@mlab/sql';

export async function putAlias(db: Queryable, modelId: number, alias: string, version: number): Promise<void> {
  await db.run(sql`INSERT INTO alias (model_id, alias, version) VALUES (${modelId}, ${alias}, ${version})
    ON CONFLICT (model_id, alias) DO UPDATE SET version = excluded.version`);
}

export async function removeAlias(db: Queryable, modelId: number, alias: string): Promise<void> {
  await db.run(sql`DELETE FROM alias WHERE model_id = ${modelId} AND alias = ${alias}`);
}
