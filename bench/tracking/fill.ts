/** Many runs in no time: by SQL, the same in each database. A run's id, its values and its order follow from its number. */
import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';

export interface Filling {
  readonly experiment: string;
  readonly runs: number;
}

const START_MS = 1_700_000_000_000;
/** Prime, so that a number times this, modulo the number of runs, orders them anew without two of them being equal. */
const SHUFFLE = 7919;
export const HISTORY_POINTS = 100_000;

export const idOf = (experiment: string, number: number): string => createHash('md5').update(`${experiment}/${number}`).digest('hex');

const numbered = `SELECT n, md5($1::text || '/' || n) AS id, ((n::bigint * ${SHUFFLE}) % $2::bigint)::float8 / $2 AS acc
  FROM generate_series(0, $2::integer - 1) AS n`;

export async function fillOurs(url: string, { experiment, runs }: Filling): Promise<void> {
  await inTransaction(url, async (client) => {
    const values = [experiment, runs];
    await client.query("INSERT INTO tracking.metric_key (key) VALUES ('acc'), ('loss'), ('curve') ON CONFLICT DO NOTHING");
    await client.query(
      `INSERT INTO tracking.run (id, experiment_id, name, user_id, status, start_ms, end_ms, artifact_uri)
       SELECT id, $1::bigint, 'run-' || n, 'bench', 'FINISHED', ${START_MS} + n, ${START_MS} + n, 'mlflow-artifacts:/' || $1 || '/' || id || '/artifacts'
       FROM (${numbered}) AS numbered`,
      values,
    );
    const rows = (columns: string): string =>
      `SELECT run.no, ${columns} FROM (${numbered}) AS numbered JOIN tracking.run ON run.id = numbered.id`;
    await client.query(
      `INSERT INTO tracking.param (run_no, key, value) ${rows("'model', CASE n % 3 WHEN 0 THEN 'tree' ELSE 'linear' END")}`,
      values,
    );
    await client.query(`INSERT INTO tracking.param (run_no, key, value) ${rows("'lr', (n % 10)::text")}`, values);
    await client.query(`INSERT INTO tracking.tag (run_no, key, value) ${rows("'mlflow.runName', 'run-' || n")}`, values);
    for (const table of ['metric', 'latest_metric'])
      for (const [key, value] of [
        ['acc', 'acc'],
        ['loss', '1 - acc'],
      ])
        await client.query(
          `INSERT INTO tracking.${table} (run_no, key_id, timestamp_ms, step, value)
           ${rows(`(SELECT id FROM tracking.metric_key WHERE key = '${key}'), ${START_MS}, 0, ${value}`)}`,
          values,
        );
    const curve = `SELECT run.no, metric_key.id, ${START_MS} + n, n, n FROM generate_series(0, ${HISTORY_POINTS - 1}) AS n, tracking.run, tracking.metric_key
      WHERE run.id = $1 AND metric_key.key = 'curve'`;
    for (const [table, part] of [
      ['metric', ''],
      ['latest_metric', ` AND n = ${HISTORY_POINTS - 1}`],
    ] as const)
      await client.query(`INSERT INTO tracking.${table} (run_no, key_id, timestamp_ms, step, value) ${curve}${part}`, [
        idOf(experiment, 0),
      ]);
  });
}

export async function fillMlflowPostgres(url: string, { experiment, runs }: Filling): Promise<void> {
  await inTransaction(url, async (client) => {
    const values = [experiment, runs];
    const rows = (columns: string): string => `SELECT ${columns} FROM (${numbered}) AS numbered`;
    await client.query(
      `INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time, source_version,
         lifecycle_stage, artifact_uri, experiment_id)
       ${rows(`id, 'run-' || n, 'UNKNOWN', '', '', 'bench', 'FINISHED', ${START_MS} + n, ${START_MS} + n, '', 'active',
         'mlflow-artifacts:/' || $1 || '/' || id || '/artifacts', $1::integer`)}`,
      values,
    );
    await client.query(
      `INSERT INTO params (key, value, run_uuid) ${rows("'model', CASE n % 3 WHEN 0 THEN 'tree' ELSE 'linear' END, id")}`,
      values,
    );
    await client.query(`INSERT INTO params (key, value, run_uuid) ${rows("'lr', (n % 10)::text, id")}`, values);
    await client.query(`INSERT INTO tags (key, value, run_uuid) ${rows("'mlflow.runName', 'run-' || n, id")}`, values);
    for (const table of ['metrics', 'latest_metrics'])
      for (const [key, value] of [
        ['acc', 'acc'],
        ['loss', '1 - acc'],
      ])
        await client.query(
          `INSERT INTO ${table} (key, value, timestamp, step, is_nan, run_uuid) ${rows(`'${key}', ${value}, ${START_MS}, 0, false, id`)}`,
          values,
        );
    const curve = `SELECT 'curve', n, ${START_MS} + n, n, false, $1 FROM generate_series(0, ${HISTORY_POINTS - 1}) AS n`;
    for (const [table, part] of [
      ['metrics', ''],
      ['latest_metrics', ` WHERE n = ${HISTORY_POINTS - 1}`],
    ] as const)
      await client.query(`INSERT INTO ${table} (key, value, timestamp, step, is_nan, run_uuid) ${curve}${part}`, [idOf(experiment, 0)]);
  });
}

export function fillMlflowSqlite(file: string, { experiment, runs }: Filling): void {
  using database = new DatabaseSync(file);
  const run = database.prepare(
    `INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time, source_version,
       lifecycle_stage, artifact_uri, experiment_id) VALUES (?, ?, 'UNKNOWN', '', '', 'bench', 'FINISHED', ?, ?, '', 'active', ?, ?)`,
  );
  const param = database.prepare('INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)');
  const tag = database.prepare("INSERT INTO tags (key, value, run_uuid) VALUES ('mlflow.runName', ?, ?)");
  const metrics = ['metrics', 'latest_metrics'].map((table) =>
    database.prepare(`INSERT INTO ${table} (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, ?, 0, ?)`),
  );
  database.exec('BEGIN');
  for (let n = 0; n < runs; n++) {
    const id = idOf(experiment, n);
    const acc = ((n * SHUFFLE) % runs) / runs;
    run.run(id, `run-${n}`, START_MS + n, START_MS + n, `mlflow-artifacts:/${experiment}/${id}/artifacts`, Number(experiment));
    param.run('model', n % 3 === 0 ? 'tree' : 'linear', id);
    param.run('lr', `${n % 10}`, id);
    tag.run(`run-${n}`, id);
    for (const metric of metrics) {
      metric.run('acc', acc, START_MS, 0, id);
      metric.run('loss', 1 - acc, START_MS, 0, id);
    }
  }
  const [history, latest] = metrics;
  for (let n = 0; n < HISTORY_POINTS; n++) history?.run('curve', n, START_MS + n, n, idOf(experiment, 0));
  latest?.run('curve', HISTORY_POINTS - 1, START_MS + HISTORY_POINTS - 1, HISTORY_POINTS - 1, idOf(experiment, 0));
  database.exec('COMMIT');
  database.exec('ANALYZE');
}

async function inTransaction(url: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('BEGIN');
    await work(client);
    await client.query('COMMIT');
    // Else it depends on when the server comes round to it.
    await client.query('VACUUM ANALYZE');
  } finally {
    await client.end();
  }
}
