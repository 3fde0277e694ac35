import type { Queryable } from '@mlab/kernel';
import { boolean, nullable, number, oneOf, sql, text, timestamp, unnest } from '@mlab/sql';
import type { ModelVersion } from '#/domain/model.ts';

export interface Approval {
  readonly by: string;
  readonly at: Date;
  readonly comment: string | undefined;
}

interface Reported {
  readonly by: string;
  readonly at: Date;
}

export interface Reports {
  readonly checks: Readonly<Record<string, Reported & { readonly passed: boolean; readonly detail: string | undefined }>>;
  readonly metrics: Readonly<Record<string, Reported & { readonly value: number }>>;
}

type Key = Pick<ModelVersion, 'modelId' | 'version'>;

/** The earliest first. */
export function listApprovals(db: Queryable, { modelId, version }: Key): Promise<readonly Approval[]> {
  return db.all(
    sql`SELECT approver, at, comment FROM approval WHERE model_id = ${modelId} AND version = ${version} ORDER BY at, approver`,
    (row): Approval => ({ by: text(row['approver']), at: timestamp(row['at']), comment: nullable(text, row['comment']) }),
  );
}

export async function insertApproval(db: Queryable, { modelId, version }: Key, { by, at, comment }: Approval): Promise<void> {
  await db.run(
    sql`INSERT INTO approval (model_id, version, approver, at, comment) VALUES (${modelId}, ${version}, ${by}, ${at}, ${comment ?? null})`,
  );
}

export async function listReports(db: Queryable, { modelId, version }: Key): Promise<Reports> {
  const rows = await db.all(
    sql`SELECT kind, name, passed, value, detail, reporter, at FROM report WHERE model_id = ${modelId} AND version = ${version} ORDER BY name`,
    (row) => ({
      kind: oneOf(['check', 'metric'], row['kind']),
      name: text(row['name']),
      passed: nullable(boolean, row['passed']) ?? false,
      value: nullable(number, row['value']) ?? Number.NaN,
      detail: nullable(text, row['detail']),
      by: text(row['reporter']),
      at: timestamp(row['at']),
    }),
  );
  const of = (wanted: 'check' | 'metric') => rows.filter(({ kind }) => kind === wanted);
  return {
    checks: Object.fromEntries(of('check').map(({ name, passed, detail, by, at }) => [name, { passed, detail, by, at }])),
    metrics: Object.fromEntries(of('metric').map(({ name, value, by, at }) => [name, { value, by, at }])),
  };
}

export interface NewReports {
  readonly checks: readonly { readonly name: string; readonly passed: boolean; readonly detail?: string }[];
  readonly metrics: readonly { readonly name: string; readonly value: number }[];
  readonly by: string;
  readonly at: Date;
}

/** In the place of what was reported before. Each name stands once among the checks, and once among the metrics. */
export async function putReports(db: Queryable, { modelId, version }: Key, { checks, metrics, by, at }: NewReports): Promise<void> {
  const rows = unnest({
    kind: ['text', [...checks.map(() => 'check'), ...metrics.map(() => 'metric')]],
    name: ['text', [...checks, ...metrics].map(({ name }) => name)],
    passed: ['bool', [...checks.map(({ passed }) => passed), ...metrics.map(() => null)]],
    value: ['float8', [...checks.map(() => null), ...metrics.map(({ value }) => value)]],
    detail: ['text', [...checks.map(({ detail }) => detail ?? null), ...metrics.map(() => null)]],
  });
  await db.run(sql`
    INSERT INTO report (model_id, version, kind, name, passed, value, detail, reporter, at)
    SELECT ${modelId}::bigint, ${version}::integer, kind, name, passed, value, detail, ${by}, ${at} FROM ${rows}
    ON CONFLICT (model_id, version, kind, name) DO UPDATE
    SET passed = excluded.passed, value = excluded.value, detail = excluded.detail, reporter = excluded.reporter, at = excluded.at`);
}
