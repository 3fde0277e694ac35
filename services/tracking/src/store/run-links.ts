import type { Queryable } from '@mlab/kernel';
import { bigint, integer, nullable, sql, text, unnest } from '@mlab/sql';
import type { Tag } from '#/domain/experiment.ts';
import { DATASET_CONTEXT_TAG, type Dataset, type DatasetUse, type MadeModel, type RunLinks } from '#/domain/run-links.ts';

interface RunOf {
  readonly no: number;
  readonly experimentId: string;
}

/** Notes that a run has used datasets. What is known already stays as it is, with its tags. */
export async function insertDatasetUses(db: Queryable, run: RunOf, uses: readonly DatasetUse[]): Promise<void> {
  const all = uses.map(({ dataset }) => dataset);
  const names = unnest({
    position: ['int8', all.map((_, index) => index)],
    name: ['text', all.map(({ name }) => name)],
    digest: ['text', all.map(({ digest }) => digest)],
    source_type: ['text', all.map(({ sourceType }) => sourceType)],
    source: ['text', all.map(({ source }) => source)],
    schema: ['text', all.map(({ schema }) => schema ?? null)],
    profile: ['text', all.map(({ profile }) => profile ?? null)],
  });
  // In one order, so that two who add the same never wait for each other in a circle.
  await db.run(sql`
    INSERT INTO dataset (experiment_id, name, digest, source_type, source, schema, profile)
    SELECT ${run.experimentId}::bigint, name, digest, source_type, source, schema, profile FROM ${names}
    ORDER BY name, digest ON CONFLICT (experiment_id, name, digest) DO NOTHING`);
  const keys = unnest({
    position: ['int8', all.map((_, index) => index)],
    name: ['text', all.map(({ name }) => name)],
    digest: ['text', all.map(({ digest }) => digest)],
  });
  const added = await db.all(
    sql`WITH wanted AS (
          SELECT d.no, position FROM ${keys} JOIN dataset AS d ON d.experiment_id = ${run.experimentId}::bigint AND d.name = row_of.name AND d.digest = row_of.digest
        ), added AS (
          INSERT INTO run_dataset (run_no, dataset_no) SELECT ${run.no}::bigint, no FROM wanted ORDER BY position
          ON CONFLICT (run_no, dataset_no) DO NOTHING RETURNING no, dataset_no
        )
        SELECT added.no, position FROM added JOIN wanted ON wanted.no = added.dataset_no`,
    (row) => ({ no: integer(row['no']), position: integer(row['position']) }),
  );
  const tags = added.flatMap(({ no, position }) => lastOfEach(uses[position]?.tags ?? []).map((tag) => ({ no, ...tag })));
  if (tags.length === 0) return;
  await db.run(sql`
    INSERT INTO run_dataset_tag (run_dataset_no, key, value)
    SELECT no, key, value FROM ${unnest({ no: ['int8', tags.map(({ no }) => no)], key: ['text', tags.map(({ key }) => key)], value: ['text', tags.map(({ value }) => value)] })}`);
}

const lastOfEach = (tags: readonly Tag[]): readonly Tag[] => [...new Map(tags.map((tag) => [tag.key, tag])).values()];

/** Notes that a run has used or made models. Noted twice is noted once. */
export async function insertModelLinks(
  db: Queryable,
  runNo: number,
  direction: 'input' | 'output',
  models: readonly MadeModel[],
): Promise<void> {
  await db.run(sql`
    INSERT INTO run_model (run_no, direction, model_id, step)
    SELECT ${runNo}::bigint, ${direction}, model_id, step
    FROM ${unnest({ model_id: ['text', models.map(({ modelId }) => modelId)], step: ['int8', models.map(({ step }) => step)] })}
    ON CONFLICT (run_no, direction, model_id, step) DO NOTHING`);
}

interface Lists {
  readonly datasets: { readonly no: number; readonly dataset: Dataset; readonly tags: Tag[] }[];
  readonly usedModels: string[];
  readonly madeModels: MadeModel[];
}

/** What each of these runs has used and made, by their numbers, in the order in which it was told. Runs with nothing are left out. */
export async function readRunLinks(db: Queryable, nos: readonly number[]): Promise<ReadonlyMap<number, RunLinks>> {
  const links = new Map<number, Lists>();
  if (nos.length === 0) return links;
  const of = (no: number): Lists => {
    const known = links.get(no) ?? { datasets: [], usedModels: [], madeModels: [] };
    links.set(no, known);
    return known;
  };
  const uses = new Map<number, Tag[]>();
  await db.all(
    sql`SELECT u.no, u.run_no, d.name, d.digest, d.source_type, d.source, d.schema, d.profile
        FROM run_dataset AS u JOIN dataset AS d ON d.no = u.dataset_no WHERE u.run_no = ANY(${nos}::bigint[]) ORDER BY u.no`,
    (row) => {
      const dataset = {
        name: text(row['name']),
        digest: text(row['digest']),
        sourceType: text(row['source_type']),
        source: text(row['source']),
        schema: nullable(text, row['schema']),
        profile: nullable(text, row['profile']),
      };
      const tags: Tag[] = [];
      uses.set(integer(row['no']), tags);
      of(integer(row['run_no'])).datasets.push({ no: integer(row['no']), dataset, tags });
    },
  );
  if (uses.size > 0) {
    await db.all(
      sql`SELECT run_dataset_no, key, value FROM run_dataset_tag WHERE run_dataset_no = ANY(${[...uses.keys()]}::bigint[]) ORDER BY key COLLATE "C"`,
      (row) => void uses.get(integer(row['run_dataset_no']))?.push({ key: text(row['key']), value: text(row['value']) }),
    );
  }
  await db.all(sql`SELECT run_no, direction, model_id, step FROM run_model WHERE run_no = ANY(${nos}::bigint[]) ORDER BY no`, (row) => {
    const { usedModels, madeModels } = of(integer(row['run_no']));
    const modelId = text(row['model_id']);
    if (text(row['direction']) === 'input') usedModels.push(modelId);
    else madeModels.push({ modelId, step: integer(row['step']) });
  });
  return links;
}

export interface DatasetSummary {
  readonly experimentId: string;
  readonly name: string;
  readonly digest: string;
  readonly context: string | undefined;
}

export function listDatasets(db: Queryable, experimentIds: readonly string[], limit: number): Promise<readonly DatasetSummary[]> {
  return db.all(
    sql`SELECT DISTINCT d.experiment_id, d.name, d.digest, t.value AS context
        FROM dataset AS d JOIN run_dataset AS u ON u.dataset_no = d.no
        LEFT JOIN run_dataset_tag AS t ON t.run_dataset_no = u.no AND t.key = ${DATASET_CONTEXT_TAG}
        WHERE d.experiment_id = ANY(${experimentIds}::bigint[]) ORDER BY 1, 2, 3, 4 LIMIT ${limit}`,
    (row) => ({
      experimentId: String(bigint(row['experiment_id'])),
      name: text(row['name']),
      digest: text(row['digest']),
      context: nullable(text, row['context']),
    }),
  );
}

/** The value of a tag of a run, if it has it. */
export function readTag(db: Queryable, runNo: number, key: string): Promise<string | undefined> {
  return db.first(sql`SELECT value FROM tag WHERE run_no = ${runNo} AND key = ${key}`, (row) => text(row['value']));
}
