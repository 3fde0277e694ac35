import type { Queryable, Sql } from '@mlab/kernel';
import { bigint, integer, nullable, sql, text, unnest } from '@mlab/sql';

/** What is chosen for removal. */
export interface Choice {
  /** What was deleted before this time. */
  readonly beforeMs: number;
  /** Absent: in all. */
  readonly experimentIds: readonly string[] | undefined;
}

/** A run or a logged model that can go. */
export interface Doomed {
  readonly no: number;
  readonly id: string;
  readonly artifactUri: string;
  readonly experimentId: string;
}

const within = (column: Sql, { experimentIds }: Choice): Sql =>
  experimentIds === undefined ? sql`` : sql` AND ${column} = ANY(${experimentIds}::bigint[])`;

const toDoomed = (row: Readonly<Record<string, unknown>>): Doomed => ({
  no: integer(row['no']),
  id: text(row['id']),
  artifactUri: text(row['artifact_uri']),
  experimentId: String(bigint(row['experiment_id'])),
});

/** What of an experiment that is being removed was not deleted by itself goes too. The first condition is one that an index knows. */
const KINDS = {
  run: {
    table: sql`run`,
    deleted: (beforeMs: number) => sql`d.lifecycle_stage = 'deleted' AND d.deleted_ms < ${beforeMs}`,
  },
  loggedModel: {
    table: sql`logged_model`,
    deleted: (beforeMs: number) => sql`d.deleted_ms IS NOT NULL AND d.deleted_ms < ${beforeMs}`,
  },
} as const;
export type Kind = keyof typeof KINDS;

/** Runs or logged models that can go, behind a number. */
export function listDoomed(db: Queryable, kind: Kind, choice: Choice, after: number, limit: number): Promise<readonly Doomed[]> {
  return db.all(sql`${doomed(kind, choice, after, sql``)} ORDER BY no LIMIT ${limit}`, toDoomed);
}

/** The same, locked until the transaction ends; what somebody else has locked, who may be restoring it, is left out. */
export function lockDoomed(db: Queryable, kind: Kind, choice: Choice, limit: number): Promise<readonly Doomed[]> {
  const { table, deleted } = KINDS[kind];
  return db.all(
    sql`SELECT d.no, d.id, d.artifact_uri, d.experiment_id FROM ${table} AS d JOIN experiment AS e ON e.id = d.experiment_id
        WHERE ((${deleted(choice.beforeMs)}) OR e.removing)${within(sql`d.experiment_id`, choice)} LIMIT ${limit} FOR UPDATE OF d SKIP LOCKED`,
    toDoomed,
  );
}

function doomed(kind: Kind, choice: Choice, after: number, more: Sql): Sql {
  const { table, deleted } = KINDS[kind];
  return sql`SELECT d.no, d.id, d.artifact_uri, d.experiment_id FROM ${table} AS d JOIN experiment AS e ON e.id = d.experiment_id
    WHERE d.no > ${after} AND ((${deleted(choice.beforeMs)}) OR ${removable(choice)})${within(sql`d.experiment_id`, choice)}${more}`;
}

/** An experiment, `e`, that can go. The one that was there from the start stays. */
const removable = ({ beforeMs }: Choice): Sql =>
  sql`(e.removing OR (e.lifecycle_stage = 'deleted' AND e.updated_ms < ${beforeMs} AND e.id <> 0))`;

/** From now on these experiments are as if they were not there, and their names are free. */
export async function markExperiments(db: Queryable, choice: Choice): Promise<void> {
  await db.run(sql`
    UPDATE experiment AS e SET removing = true, name = E'\\x01removing ' || id
    WHERE ${removable(choice)} AND NOT e.removing${within(sql`e.id`, choice)}`);
}

export interface DoomedExperiment {
  readonly id: string;
  readonly artifactLocation: string;
}

const toExperiment = (row: Readonly<Record<string, unknown>>): DoomedExperiment => ({
  id: String(bigint(row['id'])),
  artifactLocation: text(row['artifact_location']),
});

export function listDoomedExperiments(db: Queryable, choice: Choice): Promise<readonly DoomedExperiment[]> {
  return db.all(
    sql`SELECT e.id, e.artifact_location FROM experiment AS e WHERE ${removable(choice)}${within(sql`e.id`, choice)} ORDER BY e.id`,
    toExperiment,
  );
}

/** Those that have been told where to keep their artifacts. */
export function listPlacedExperiments(db: Queryable): Promise<readonly DoomedExperiment[]> {
  return db.all(sql`SELECT id, artifact_location FROM experiment WHERE artifact_location <> 'mlflow-artifacts:/' || id`, toExperiment);
}

/** Removes the rows of runs or logged models; the many that belong to them are left to `removal`. */
export async function removeDoomed(
  db: Queryable,
  kind: Kind,
  gone: readonly { readonly no: number; readonly path: string | undefined }[],
): Promise<void> {
  const column = kind === 'run' ? sql`run_no` : sql`logged_model_no`;
  const rows = unnest({ no: ['int8', gone.map(({ no }) => no)], path: ['text', gone.map(({ path }) => path ?? null)] });
  await db.run(sql`INSERT INTO removal (path, ${column}) SELECT path, no FROM ${rows}`);
  await db.run(sql`DELETE FROM ${KINDS[kind].table} WHERE no = ANY(${gone.map(({ no }) => no)}::bigint[])`);
}

export interface Removal {
  readonly no: number;
  readonly path: string | undefined;
  readonly runNo: number | undefined;
  readonly loggedModelNo: number | undefined;
}

/** What is not yet removed to its end, whoever has begun it. */
export function listRemovals(db: Queryable, after: number, limit: number): Promise<readonly Removal[]> {
  return db.all(
    sql`SELECT no, path, run_no, logged_model_no FROM removal WHERE done_ms IS NULL AND no > ${after} ORDER BY no LIMIT ${limit}`,
    (row) => ({
      no: integer(row['no']),
      path: nullable(text, row['path']),
      runNo: nullable(integer, row['run_no']),
      loggedModelNo: nullable(integer, row['logged_model_no']),
    }),
  );
}

export async function endRemoval(db: Queryable, no: number, nowMs: number): Promise<void> {
  await db.run(sql`UPDATE removal SET done_ms = ${nowMs} WHERE no = ${no}`);
}

/** Deletes up to `limit` values of metrics of what is removed. How many it were. */
export async function removeMetrics(db: Queryable, { runNo, loggedModelNo }: Removal, limit: number): Promise<number> {
  const some = (table: Sql, column: Sql, no: number): Sql =>
    sql`DELETE FROM ${table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM ${table} WHERE ${column} = ${no} LIMIT ${limit}))`;
  let removed = 0;
  if (runNo !== undefined) {
    removed += await db.run(some(sql`metric`, sql`run_no`, runNo));
    removed += await db.run(some(sql`logged_model_metric`, sql`run_no`, runNo));
    // The latest are values that are counted already.
    if (removed === 0) await db.run(sql`DELETE FROM latest_metric WHERE run_no = ${runNo}`);
  }
  if (loggedModelNo !== undefined) removed += await db.run(some(sql`logged_model_metric`, sql`model_no`, loggedModelNo));
  return removed;
}

/** What a run that goes too has logged for a model is counted with the run. */
export async function countMetrics(db: Queryable, kind: Kind, choice: Choice, nos: readonly number[]): Promise<number> {
  const statement =
    kind === 'run'
      ? sql`SELECT (SELECT count(*) FROM metric WHERE run_no = ANY(${nos}::bigint[]))
              + (SELECT count(*) FROM logged_model_metric WHERE run_no = ANY(${nos}::bigint[])) AS count`
      : sql`SELECT count(*) AS count FROM logged_model_metric AS x
            WHERE x.model_no = ANY(${nos}::bigint[]) AND NOT EXISTS (${doomed('run', choice, 0, sql` AND d.no = x.run_no`)})`;
  return (await db.first(statement, (row) => integer(row['count']))) ?? 0;
}

/** Deletes up to `limit` traces of an experiment. How many it were. */
export function removeTraces(db: Queryable, experimentId: string, limit: number): Promise<number> {
  return db.run(sql`DELETE FROM trace WHERE no IN (SELECT no FROM trace WHERE experiment_id = ${experimentId}::bigint LIMIT ${limit})`);
}

/** False while runs, models or traces of it are left. */
export async function removeExperiment(db: Queryable, id: string, path: string | undefined): Promise<boolean> {
  const isGone = await db.run(sql`
    DELETE FROM experiment AS e WHERE id = ${id}::bigint AND removing AND NOT EXISTS (SELECT 1 FROM run WHERE experiment_id = e.id)
      AND NOT EXISTS (SELECT 1 FROM logged_model WHERE experiment_id = e.id) AND NOT EXISTS (SELECT 1 FROM trace WHERE experiment_id = e.id)`);
  if (isGone > 0 && path !== undefined) await db.run(sql`INSERT INTO removal (path) VALUES (${path})`);
  return isGone > 0;
}

/** What was removed so long ago that no upload can be under way to it. */
export async function forgetRemovals(db: Queryable, beforeMs: number): Promise<void> {
  await db.run(sql`DELETE FROM removal WHERE done_ms < ${beforeMs}`);
}
