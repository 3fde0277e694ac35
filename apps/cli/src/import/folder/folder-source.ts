import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { messageOf } from '../../cli-error.ts';
import type { Found, Source, SourceExperiment, SourceFile, SourceLoggedModel, SourceRun } from '../source.ts';
import { artifactsOf } from './artifacts-place.ts';
import type { FileInside, Folder } from './folder.ts';
import { batchesOf, countLines, readMeasured, readMeasuredOfModel } from './metric-lines.ts';
import { readMeta } from './meta.ts';
import { filesBelow, joined, keysIn, pairsIn } from './read-files.ts';
import { readLoggedModel } from './read-logged-model.ts';
import { registeredModelsOf } from './read-registered-models.ts';
import { readRun } from './read-run.ts';

/** Folders of an experiment that are no runs. */
const NO_RUNS = new Set(['tags', 'datasets', 'traces', 'models']);
const TRASH = '.trash';

/** An `mlruns` folder, as MLflow's file store fills it. */
export function folderSource(folder: Folder): Source {
  const mustFind = async (path: string): Promise<FileInside> => {
    const file = await folder.file(path);
    if (file === undefined) throw new Error(`${path} is not there`);
    return file;
  };
  const fileOf = (owner: SourceRun | SourceLoggedModel, { path }: SourceFile): Promise<FileInside> =>
    mustFind(joined(artifactsOf(folder, owner).path, path));
  const metricFile = (owner: SourceRun | SourceLoggedModel, key: string): Promise<FileInside> =>
    mustFind(joined(owner.place, 'metrics', key));

  async function* experimentsIn(path: string): AsyncGenerator<Found<SourceExperiment>, void, void> {
    for (const { name, kind } of await folder.entries(path)) {
      const place = joined(path, name);
      // Registered models have a folder beside those of experiments.
      if (kind !== 'folder' || name === TRASH || (path === '' && name === 'models')) continue;
      try {
        const meta = await readMeta(folder, place);
        if (meta === undefined) continue;
        const deleted = path === TRASH || meta.optional('lifecycle_stage') === 'deleted';
        const tags = await pairsIn(folder, joined(place, 'tags'));
        yield { value: { id: meta.optional('experiment_id') ?? name, name: meta.text('name'), tags, deleted, place } };
      } catch (error) {
        yield { id: place, problem: messageOf(error) };
      }
    }
  }

  const foldersOfRuns = async ({ place }: SourceExperiment): Promise<readonly string[]> =>
    (await folder.entries(place))
      .filter(({ name, kind }) => kind === 'folder' && !NO_RUNS.has(name))
      .map(({ name }) => joined(place, name));

  return {
    name: folder.path,
    async *experiments() {
      yield* experimentsIn('');
      yield* experimentsIn(TRASH);
    },
    countRuns: async (experiment) => (await foldersOfRuns(experiment)).length,
    async *runs(experiment) {
      for (const place of await foldersOfRuns(experiment)) {
        try {
          const run = await readRun(folder, experiment, place);
          if (run !== undefined) yield { value: run };
        } catch (error) {
          yield { id: basename(place), problem: messageOf(error) };
        }
      }
    },
    async *history(run, key) {
      yield* batchesOf(await metricFile(run, key), readMeasured);
    },
    countHistory: async (run, key) => countLines(await metricFile(run, key)),
    async *loggedModels({ place }) {
      for (const { name, kind } of await folder.entries(joined(place, 'models'))) {
        if (kind !== 'folder') continue;
        try {
          const model = await readLoggedModel(folder, joined(place, 'models', name));
          if (model !== undefined) yield { value: model };
        } catch (error) {
          yield { id: name, problem: messageOf(error) };
        }
      }
    },
    async *modelMetrics(model) {
      for (const key of await keysIn(folder, joined(model.place, 'metrics')))
        yield* batchesOf(await metricFile(model, key), (line) => readMeasuredOfModel(key, line));
    },
    async *files(owner) {
      const { path, problem } = artifactsOf(folder, owner);
      if (problem !== undefined) yield { id: owner.artifactUri, problem };
      yield* filesBelow(folder, path);
    },
    open: async (owner, file) => (await fileOf(owner, file)).read(),
    async checksum(owner, file) {
      const hash = createHash('sha256');
      for await (const chunk of (await fileOf(owner, file)).read()) hash.update(chunk);
      return hash.digest('hex');
    },
    registeredModels: () => registeredModelsOf(folder),
  };
}
