import type { Queryable } from '@mlab/kernel';
import { integer, number, sql, text, unnest } from '@mlab/sql';
import type { Tag } from '#/domain/experiment.ts';
import type { Metric, RunData } from '#/domain/run.ts';

/** What belongs to each of these runs, by their numbers; keys in the order of their characters. */
export async function readRunData(db: Queryable, nos: readonly number[]): Promise<ReadonlyMap<number, RunData>> {
  const data = new Map(nos.map((no) => [no, { metrics: [] as Metric[], params: [] as Tag[], tags: [] as Tag[] }]));
  if (nos.length === 0) return data;
  const pair = (list: 'params' | 'tags') => (row: Readonly<Record<string, unknown>>) =>
    void data.get(integer(row['run_no']))?.[list].push({ key: text(row['key']), value: text(row['value']) });
  await Promise.all([
    db.all(
      sql`SELECT m.run_no, k.key, m.value, m.timestamp_ms, m.step FROM latest_metric AS m JOIN metric_key AS k ON k.id = m.key_id
          WHERE m.run_no = ANY(${nos}::bigint[]) ORDER BY k.key`,
      (row) =>
        void data.get(integer(row['run_no']))?.metrics.push({
          key: text(row['key']),
          value: number(row['value']),
          timestamp: integer(row['timestamp_ms']),
          step: integer(row['step']),
        }),
    ),
    db.all(sql`SELECT run_no, key, value FROM param WHERE run_no = ANY(${nos}::bigint[]) ORDER BY key`, pair('params')),
    db.all(sql`SELECT run_no, key, value FROM tag WHERE run_no = ANY(${nos}::bigint[]) ORDER BY key`, pair('tags')),
  ]);
  return data;
}

/** Adds those that are not there yet. Answers those of them that are there with another value, which stay. */
export async function insertParams(db: Queryable, no: number, params: readonly Tag[]): Promise<readonly Tag[]> {
  if (params.length === 0) return [];
  const columns = pairs(params);
  const inserted = await db.run(sql`
    INSERT INTO param (run_no, key, value) SELECT ${no}::bigint, key, value FROM ${unnest(columns)} ON CONFLICT (run_no, key) DO NOTHING`);
  if (inserted === params.length) return [];
  return db.all(
    sql`SELECT p.key, p.value FROM param AS p JOIN ${unnest(columns)} ON row_of.key = p.key AND row_of.value <> p.value WHERE p.run_no = ${no} ORDER BY p.key`,
    (row) => ({ key: text(row['key']), value: text(row['value']) }),
  );
}

/** Adds or replaces. Of several with one key the last one counts. */
export async function setTags(db: Queryable, no: number, tags: readonly Tag[]): Promise<void> {
  const last = [...new Map(tags.map((tag) => [tag.key, tag])).values()];
  if (last.length === 0) return;
  await db.run(sql`
    INSERT INTO tag (run_no, key, value) SELECT ${no}::bigint, key, value FROM ${unnest(pairs(last))}
    ON CONFLICT (run_no, key) DO UPDATE SET value = excluded.value`);
}

/** False when there was none. */
export async function deleteTag(db: Queryable, no: number, key: string): Promise<boolean> {
  return (await db.run(sql`DELETE FROM tag WHERE run_no = ${no} AND key = ${key}`)) > 0;
}

/** In one order, so that two who write to one run never wait for each other in a circle. */
function pairs(list: readonly Tag[]) {
  const sorted = list.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  return { key: ['text', sorted.map(({ key }) => key)], value: ['text', sorted.map(({ value }) => value)] } as const;
}
