import type { Queryable } from '@mlab/kernel';
import { boolean, integer, sql, text, timestamp } from '@mlab/sql';
import type { Bucket, Counts, Range } from '#/domain/traffic.ts';

/** Adds to the counts of a minute. Answers whether it is the first that is heard of that minute. */
export async function add(db: Queryable, { minute, inputs, byClass }: Counts): Promise<boolean> {
  const isFirst = await db.first(
    sql`INSERT INTO traffic (minute, inputs) VALUES (${minute}, ${inputs})
        ON CONFLICT (minute) DO UPDATE SET inputs = traffic.inputs + excluded.inputs
        RETURNING (xmax = 0) AS is_first`,
    (row) => boolean(row['is_first']),
  );
  // In one order, so that two batches of the same minute never wait for each other in a circle.
  const classes = Object.keys(byClass).toSorted();
  if (classes.length > 0) {
    await db.run(sql`
      INSERT INTO traffic_class (minute, class, count)
      SELECT ${minute}, class, count FROM unnest(${classes}::text[], ${classes.map((name) => byClass[name] ?? 0)}::bigint[]) AS told (class, count)
      ON CONFLICT (minute, class) DO UPDATE SET count = traffic_class.count + excluded.count`);
  }
  return isFirst === true;
}

export async function forgetBefore(db: Queryable, time: Date): Promise<void> {
  await db.run(sql`DELETE FROM traffic_class WHERE minute < ${time}`);
  await db.run(sql`DELETE FROM traffic WHERE minute < ${time}`);
}

/** Steps in which something came, the oldest first. */
export async function list(db: Queryable, { from, to, step }: Range): Promise<readonly Bucket[]> {
  const inputs = await db.all(
    sql`SELECT date_trunc(${step}, minute, 'UTC') AS at, sum(inputs)::bigint AS inputs
        FROM traffic WHERE minute >= ${from} AND minute < ${to} GROUP BY at ORDER BY at`,
    (row) => ({ from: timestamp(row['at']), inputs: integer(row['inputs']) }),
  );
  const classes = await db.all(
    sql`SELECT date_trunc(${step}, minute, 'UTC') AS at, class, sum(count)::bigint AS count
        FROM traffic_class WHERE minute >= ${from} AND minute < ${to} GROUP BY at, class ORDER BY count DESC, class`,
    (row) => ({ at: timestamp(row['at']).getTime(), class: text(row['class']), count: integer(row['count']) }),
  );
  const byStep = Map.groupBy(classes, ({ at }) => at);
  return inputs.map((bucket) => ({
    ...bucket,
    predictions: (byStep.get(bucket.from.getTime()) ?? []).map(({ class: name, count }) => ({ class: name, count })),
  }));
}
