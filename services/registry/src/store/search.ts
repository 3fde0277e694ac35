import type { Queryable, Sql } from '@mlab/kernel';
import type { Comparison, Filter, Order } from '@mlab/mlflow';
import { filterSql, textCondition, type Condition } from '@mlab/mlflow/sql';
import { join, sql } from '@mlab/sql';
import type { Model, ModelVersion } from '#/domain/model.ts';
import { IS_PROMPT } from '#/domain/prompt.ts';
import { integerCondition, tagCondition } from './conditions.ts';
import { modelColumns, toModel } from './models.ts';
import { toVersion, versionColumns } from './versions.ts';

export interface Search {
  readonly filter: Filter | undefined;
  readonly order: readonly Order[];
  /** Whether it is prompts that are looked for; else they are left out. */
  readonly prompts: boolean;
  readonly offset: number;
  readonly limit: number;
  /** Only names behind this one. */
  readonly behind?: string | undefined;
}

export function searchModels(db: Queryable, { filter, order, prompts, offset, limit, behind }: Search): Promise<readonly Model[]> {
  const all = prompts ? [] : [sql`NOT EXISTS (SELECT 1 FROM model_tag AS p WHERE p.model_id = m.id AND ${promptRow})`];
  if (filter !== undefined) all.push(filterSql(filter, modelCondition));
  if (behind !== undefined) all.push(sql`m.name > ${behind}`);
  return db.all(
    sql`SELECT ${modelColumns} FROM model AS m ${where(all)} ORDER BY ${orderSql(order, MODEL_COLUMNS)} LIMIT ${limit} OFFSET ${offset}`,
    toModel,
  );
}

export function searchVersions(db: Queryable, { filter, order, prompts, offset, limit }: Search): Promise<readonly ModelVersion[]> {
  // One version of a prompt makes all versions of that name such.
  const all = prompts ? [] : [sql`NOT EXISTS (SELECT 1 FROM version_tag AS p WHERE p.model_id = m.id AND ${promptRow})`];
  if (filter !== undefined) all.push(filterSql(filter, versionCondition));
  return db.all(
    sql`SELECT ${versionColumns} FROM model_version AS v JOIN model AS m ON m.id = v.model_id ${where(all)}
        ORDER BY ${orderSql(order, VERSION_COLUMNS)} LIMIT ${limit} OFFSET ${offset}`,
    toVersion,
  );
}

const promptRow = sql`p.key = 'mlflow.prompt.is_prompt' AND p.value = 'true'`;

const MODEL_COLUMNS: Readonly<Record<string, Sql>> = { name: sql`m.name`, last_updated_timestamp: sql`m.updated_ms` };
const VERSION_COLUMNS: Readonly<Record<string, Sql>> = {
  name: sql`m.name`,
  run_id: sql`v.run_id`,
  source_path: sql`v.source`,
  version_number: sql`v.version`,
  creation_timestamp: sql`v.created_ms`,
  last_updated_timestamp: sql`v.updated_ms`,
};

const AND = sql` AND `;
const where = (all: readonly Sql[]): Sql => (all.length === 0 ? sql`` : sql`WHERE ${join(all, AND)}`);

const orderSql = (order: readonly Order[], columns: Readonly<Record<string, Sql>>): Sql =>
  join(order.map(({ key, ascending }) => (ascending ? sql`${column(columns, key)} ASC` : sql`${column(columns, key)} DESC`)));

function column(columns: Readonly<Record<string, Sql>>, key: string): Sql {
  const known = columns[key];
  if (known === undefined) throw new Error(`There is nothing to search by ${key}.`);
  return known;
}

const modelCondition: Condition = ({ entity, key, operator, value }) => {
  if (entity !== 'tag') return textCondition(column(MODEL_COLUMNS, key), operator, value);
  return tagged(sql`SELECT 1 FROM model_tag AS t WHERE t.model_id = m.id`, { key, operator, value });
};

const versionCondition: Condition = ({ entity, key, operator, value }) => {
  if (entity === 'tag')
    return tagged(sql`SELECT 1 FROM version_tag AS t WHERE t.model_id = v.model_id AND t.version = v.version`, { key, operator, value });
  if (key === 'version_number') return integerCondition(column(VERSION_COLUMNS, key), operator, value as number);
  return textCondition(column(VERSION_COLUMNS, key), operator, value);
};

/** A tag that is not there matches nothing; that something is no prompt is also said of what has no such tag. */
function tagged(rows: Sql, { key, operator, value }: Pick<Comparison, 'key' | 'operator' | 'value'>): Sql {
  const found = sql`EXISTS (${rows} AND t.key = ${key} AND ${tagCondition(operator, value)})`;
  if (key !== IS_PROMPT) return found;
  return sql`(${found} OR (NOT EXISTS (${rows} AND t.key = ${key}) AND ${textCondition(sql`'false'::text`, operator, value)}))`;
}
