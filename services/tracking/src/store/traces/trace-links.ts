import type { Queryable } from '@mlab/kernel';
import { sql } from '@mlab/sql';

/** False when there is no such run. Links that are there already stay. */
export async function linkToRun(db: Queryable, runId: string, traceIds: readonly string[]): Promise<boolean> {
  const found = await db.first(
    sql`WITH r AS (SELECT no FROM run WHERE id = ${runId} FOR KEY SHARE),
             made AS (INSERT INTO trace_run (run_no, trace_id) SELECT r.no, id FROM r, unnest(${traceIds}::text[]) AS id GROUP BY r.no, id ON CONFLICT DO NOTHING)
        SELECT 1 AS found FROM r`,
    () => true,
  );
  return found === true;
}

/** Prompts are `name/version`. */
export async function linkPrompts(db: Queryable, traceNo: number, prompts: readonly string[]): Promise<void> {
  await db.run(
    sql`INSERT INTO trace_prompt (trace_no, prompt) SELECT ${traceNo}, prompt FROM unnest(${prompts}::text[]) AS prompt GROUP BY prompt ON CONFLICT DO NOTHING`,
  );
}
