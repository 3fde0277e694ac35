import { APPROVAL_STATES, STAGES, type ApprovalState, type Signature, type Stage } from '@mlab/contracts/registry-schemas';
import type { Queryable, Row } from '@mlab/kernel';
import { boolean, integer, json, jsonb, nullable, oneOf, sql, text } from '@mlab/sql';
import type { ModelVersion, Tag } from '#/domain/model.ts';
import { insertVersionTags } from './tags.ts';

/** Of `model_version AS v` and its `model AS m`, with its tags and aliases. */
export const versionColumns = sql`v.model_id, m.name, v.version, v.created_ms, v.updated_ms, v.description, v.stage, v.source, v.location, v.run_id,
  v.run_link, v.logged_model_id, v.approval, v.registered_by, v.author, v.signature, v.listed,
  (SELECT json_agg(json_build_object('key', key, 'value', value) ORDER BY key) FROM version_tag AS t
    WHERE t.model_id = v.model_id AND t.version = v.version) AS tags,
  (SELECT json_agg(alias ORDER BY alias) FROM alias AS a WHERE a.model_id = v.model_id AND a.version = v.version) AS aliases`;

export function toVersion(row: Row): ModelVersion {
  return {
    modelId: integer(row['model_id']),
    name: text(row['name']),
    version: integer(row['version']),
    createdMs: integer(row['created_ms']),
    updatedMs: integer(row['updated_ms']),
    description: nullable(text, row['description']),
    stage: oneOf(STAGES, row['stage']),
    source: text(row['source']),
    location: text(row['location']),
    runId: text(row['run_id']),
    runLink: text(row['run_link']),
    loggedModelId: nullable(text, row['logged_model_id']),
    approval: oneOf(APPROVAL_STATES, row['approval']),
    registeredBy: text(row['registered_by']),
    author: nullable(text, row['author']),
    signature: nullable(json<Signature>, row['signature']),
    listed: boolean(row['listed']),
    tags: nullable(json<Tag[]>, row['tags']) ?? [],
    aliases: nullable(json<string[]>, row['aliases']) ?? [],
  };
}

/** A number that no version has is not looked for: the database would not take it. */
const canBe = (version: number): boolean => Number.isInteger(version) && version >= 1 && version <= 2_147_483_647;

export async function findVersion(db: Queryable, modelId: number, version: number): Promise<ModelVersion | undefined> {
  if (!canBe(version)) return undefined;
  return db.first(
    sql`SELECT ${versionColumns} FROM model_version AS v JOIN model AS m ON m.id = v.model_id
        WHERE v.model_id = ${modelId} AND v.version = ${version}`,
    toVersion,
  );
}

/** The first one that was registered from a source by a run. */
export function findVersionOfSource(
  db: Queryable,
  modelId: number,
  { source, runId }: Pick<ModelVersion, 'source' | 'runId'>,
): Promise<ModelVersion | undefined> {
  return db.first(
    sql`SELECT ${versionColumns} FROM model_version AS v JOIN model AS m ON m.id = v.model_id
        WHERE v.model_id = ${modelId} AND v.source = ${source} AND v.run_id = ${runId} ORDER BY v.version LIMIT 1`,
    toVersion,
  );
}

export function findVersionByAlias(db: Queryable, modelId: number, alias: string): Promise<ModelVersion | undefined> {
  return db.first(
    sql`SELECT ${versionColumns} FROM alias AS b JOIN model_version AS v ON v.model_id = b.model_id AND v.version = b.version
        JOIN model AS m ON m.id = v.model_id WHERE b.model_id = ${modelId} AND b.alias = ${alias}`,
    toVersion,
  );
}

export function findGreatestVersion(db: Queryable, modelId: number): Promise<ModelVersion | undefined> {
  return db.first(
    sql`SELECT ${versionColumns} FROM model_version AS v JOIN model AS m ON m.id = v.model_id
        WHERE v.model_id = ${modelId} ORDER BY v.version DESC LIMIT 1`,
    toVersion,
  );
}

/** The greatest version in each of the stages, of each of the models; those of one model by their numbers. */
export function latestVersions(db: Queryable, modelIds: readonly number[], stages: readonly Stage[]): Promise<readonly ModelVersion[]> {
  return db.all(
    sql`SELECT ${versionColumns} FROM unnest(${modelIds}::bigint[]) AS asked (id) CROSS JOIN unnest(${stages}::text[]) AS named (stage)
        CROSS JOIN LATERAL (SELECT * FROM model_version AS l WHERE l.model_id = asked.id AND l.stage = named.stage
          ORDER BY l.version DESC LIMIT 1) AS v
        JOIN model AS m ON m.id = v.model_id ORDER BY v.model_id, v.version`,
    toVersion,
  );
}

export interface VersionPage {
  readonly approval: ApprovalState | undefined;
  /** Only versions below it. */
  readonly below: number | undefined;
  readonly limit: number;
}

/** The newest first. */
export function listVersions(db: Queryable, modelId: number, { approval, below, limit }: VersionPage): Promise<readonly ModelVersion[]> {
  return db.all(
    sql`SELECT ${versionColumns} FROM model_version AS v JOIN model AS m ON m.id = v.model_id WHERE v.model_id = ${modelId}
        AND (${approval ?? null}::text IS NULL OR v.approval = ${approval ?? null}) AND (${below ?? null}::integer IS NULL OR v.version < ${below ?? null})
        ORDER BY v.version DESC LIMIT ${limit}`,
    toVersion,
  );
}

export type NewVersion = Omit<ModelVersion, 'name' | 'aliases' | 'createdMs' | 'updatedMs' | 'stage' | 'approval' | 'description'> & {
  readonly description: string;
  readonly nowMs: number;
};

export async function insertVersion(db: Queryable, made: NewVersion): Promise<void> {
  const { modelId, version, description, source, location, runId, runLink, loggedModelId = null, registeredBy, author = null } = made;
  await db.run(sql`
    INSERT INTO model_version (model_id, version, created_ms, updated_ms, description, source, location, run_id, run_link, logged_model_id,
      registered_by, author, signature, listed)
    VALUES (${modelId}, ${version}, ${made.nowMs}, ${made.nowMs}, ${description}, ${source}, ${location}, ${runId}, ${runLink}, ${loggedModelId},
      ${registeredBy}, ${author}, ${made.signature === undefined ? sql`NULL` : jsonb(made.signature)}, ${made.listed})`);
  await insertVersionTags(db, modelId, version, made.tags);
}

type Key = Pick<ModelVersion, 'modelId' | 'version'>;

export async function describeVersion(
  db: Queryable,
  { modelId, version }: Key,
  description: string | undefined,
  nowMs: number,
): Promise<void> {
  await db.run(sql`UPDATE model_version SET description = ${description ?? null}, updated_ms = ${nowMs}
    WHERE model_id = ${modelId} AND version = ${version}`);
}

export async function setStage(db: Queryable, { modelId, version }: Key, stage: Stage, nowMs: number): Promise<void> {
  await db.run(sql`UPDATE model_version SET stage = ${stage}, updated_ms = ${nowMs} WHERE model_id = ${modelId} AND version = ${version}`);
}

export async function setApproval(db: Queryable, { modelId, version }: Key, approval: ApprovalState, nowMs: number): Promise<void> {
  await db.run(
    sql`UPDATE model_version SET approval = ${approval}, updated_ms = ${nowMs} WHERE model_id = ${modelId} AND version = ${version}`,
  );
}

/** Of a model, in a stage, but for one; by their numbers. */
export function versionsInStage(db: Queryable, { modelId, version }: Key, stage: Stage): Promise<readonly ModelVersion[]> {
  return db.all(
    sql`SELECT ${versionColumns} FROM model_version AS v JOIN model AS m ON m.id = v.model_id
        WHERE v.model_id = ${modelId} AND v.stage = ${stage} AND v.version <> ${version} ORDER BY v.version`,
    toVersion,
  );
}

export async function deleteVersion(db: Queryable, { modelId, version }: Key): Promise<void> {
  await db.run(sql`DELETE FROM model_version WHERE model_id = ${modelId} AND version = ${version}`);
}
