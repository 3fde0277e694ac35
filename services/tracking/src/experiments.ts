import type { CallMeta, Database, Queryable } from '@mlab/kernel';
import {
  checkExperimentName,
  checkKey,
  checkLength,
  experimentFilters,
  experimentOrder,
  LIMITS,
  mlflowError,
  parseFilter,
  parseOrderBy,
} from '@mlab/mlflow';
import {
  checkArtifactLocation,
  experimentId,
  mustBeActive,
  noExperiment,
  type Experiment,
  type LifecycleStage,
  type Tag,
} from '#/domain/experiment.ts';
import { searchExperiments } from '#/store/experiment-search.ts';
import {
  deleteExperimentTag,
  findExperiment,
  findExperimentByName,
  insertExperiment,
  renameExperiment,
  setExperimentStage,
  setExperimentTag,
} from '#/store/experiments.ts';

export interface NewExperiment {
  readonly name: string;
  readonly artifactLocation: string | undefined;
  readonly tags: readonly Tag[];
}

export interface ExperimentSearch {
  readonly filter: string | undefined;
  readonly orderBy: readonly string[];
  readonly stages: readonly LifecycleStage[];
  readonly offset: number;
  readonly limit: number;
}

export type Experiments = ReturnType<typeof openExperiments>;

/** What can be done with experiments, whatever protocol asks for it. */
export function openExperiments({ database, nowMs }: { readonly database: Database; readonly nowMs: () => number }) {
  const inTransaction = <T>(call: CallMeta, work: (tx: Queryable) => Promise<T>): Promise<T> => database.transaction(call, work);

  return {
    create: (call: CallMeta, { name, artifactLocation, tags }: NewExperiment): Promise<string> => {
      checkExperimentName(name);
      for (const tag of tags) checkExperimentTag(tag);
      const location = artifactLocation ? checkArtifactLocation(artifactLocation) : undefined;
      const last = [...new Map(tags.map((tag) => [tag.key, tag])).values()];
      return inTransaction(call, async (tx) => {
        const id = await insertExperiment(tx, { name, artifactLocation: location, tags: last, nowMs: nowMs() });
        if (id !== undefined) return id;
        const taken = await findExperimentByName(tx, name);
        throw alreadyExists(name, taken?.lifecycleStage === 'deleted' ? taken.id : undefined);
      });
    },

    get: async (call: CallMeta, id: string | undefined): Promise<Experiment> => mustFind(database.for(call), id),

    getByName: async (call: CallMeta, name: string): Promise<Experiment> => {
      const found = await findExperimentByName(database.for(call), name);
      if (found === undefined) throw mlflowError('RESOURCE_DOES_NOT_EXIST', `Could not find experiment with name '${name.slice(0, 500)}'`);
      return found;
    },

    rename: (call: CallMeta, id: string, name: string): Promise<void> => {
      checkExperimentName(name);
      return inTransaction(call, async (tx) => {
        const experiment = await mustFind(tx, id);
        if (experiment.lifecycleStage !== 'active') throw mlflowError('INVALID_STATE', 'Cannot rename a non-active experiment.');
        if (!(await renameExperiment(tx, experiment.id, name, nowMs()))) throw alreadyExists(name, undefined);
      });
    },

    /** With all of its runs, in either direction. */
    setStage: (call: CallMeta, text: string, stage: LifecycleStage): Promise<void> => {
      const id = experimentId(text);
      return inTransaction(call, async (tx) => {
        if (!(await setExperimentStage(tx, id, stage, nowMs()))) throw noExperiment(id);
      });
    },

    setTag: (call: CallMeta, id: string, tag: Tag): Promise<void> => {
      checkExperimentTag(tag);
      return inTransaction(call, async (tx) => {
        const experiment = await mustFind(tx, id);
        mustBeActive(experiment);
        await setExperimentTag(tx, experiment.id, tag);
      });
    },

    deleteTag: (call: CallMeta, id: string, key: string): Promise<void> =>
      inTransaction(call, async (tx) => {
        const experiment = await mustFind(tx, id);
        mustBeActive(experiment);
        if (await deleteExperimentTag(tx, experiment.id, key)) return;
        throw mlflowError('RESOURCE_DOES_NOT_EXIST', `No tag with name: ${key} in experiment with id ${experiment.id}`);
      }),

    search: async (call: CallMeta, { filter, orderBy, stages, offset, limit }: ExperimentSearch): Promise<readonly Experiment[]> =>
      searchExperiments(database.for(call), {
        filter: parseFilter(experimentFilters, filter),
        order: parseOrderBy(experimentOrder, orderBy),
        stages,
        offset,
        limit,
      }),
  };
}

async function mustFind(db: Queryable, text: string | undefined): Promise<Experiment> {
  const id = experimentId(text);
  const found = await findExperiment(db, id);
  if (found === undefined) throw noExperiment(id);
  return found;
}

function checkExperimentTag({ key, value }: Tag): void {
  checkKey('tag', key);
  checkLength('value', value, LIMITS.experimentTagValue);
}

function alreadyExists(name: string, deletedId: string | undefined): Error {
  const hint =
    deletedId === undefined
      ? ''
      : ` It is deleted: restore the experiment ${deletedId}, or have deleted experiments removed for good, and the name is free.`;
  return mlflowError('RESOURCE_ALREADY_EXISTS', `Experiment(name=${name}) already exists.${hint}`);
}
