import type { Policy } from '@mlab/contracts/registry-schemas';
import type { Queryable } from '@mlab/kernel';
import { json, jsonb, sql } from '@mlab/sql';

/** Without a model: the default. */
export function findPolicy(db: Queryable, modelId: number | undefined): Promise<Policy | undefined> {
  return db.first(sql`SELECT policy FROM policy WHERE model_id IS NOT DISTINCT FROM ${modelId ?? null}::bigint`, (row) =>
    json<Policy>(row['policy']),
  );
}

export async function putPolicy(db: Queryable, modelId: number | undefined, policy: Policy): Promise<void> {
  await db.run(sql`INSERT INTO policy (model_id, policy) VALUES (${modelId ?? null}, ${jsonb(policy)})
    ON CONFLICT (model_id) DO UPDATE SET policy = excluded.policy`);
}

export async function removePolicy(db: Queryable, modelId: number): Promise<void> {
  await db.run(sql`DELETE FROM policy WHERE model_id = ${modelId}`);
}
