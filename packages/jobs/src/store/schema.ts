import type { Queryable } from '@mlab/kernel';
import { sql } from '@mlab/sql';

export async function schemaExists(db: Queryable, schema: string): Promise<boolean> {
  return (await db.first(sql`SELECT 1 FROM pg_namespace WHERE nspname = ${schema}`, () => true)) ?? false;
}
