import { messageOf } from '../../cli-error.ts';
import type { Found, SourceRegisteredModel, SourceVersion } from '../source.ts';
import type { Folder } from './folder.ts';
import { readMeta } from './meta.ts';
import { joined, pairsIn } from './read-files.ts';

const MODELS = 'models';
const VERSION = /^version-(\d{1,9})$/;
/** The stage of a version that was deleted, which stays so that its number is not given again. */
const DELETED = 'Deleted_Internal';

export async function* registeredModelsOf(folder: Folder): AsyncGenerator<Found<SourceRegisteredModel>, void, void> {
  for (const { name, kind } of await folder.entries(MODELS)) {
    if (kind !== 'folder') continue;
    try {
      const model = await readModel(folder, joined(MODELS, name));
      if (model !== undefined) yield { value: model };
    } catch (error) {
      yield { id: name, problem: messageOf(error) };
    }
  }
}

async function readModel(folder: Folder, place: string): Promise<SourceRegisteredModel | undefined> {
  const meta = await readMeta(folder, place);
  if (meta === undefined) return undefined;
  const versions: SourceVersion[] = [];
  for (const { name, kind } of await folder.entries(place)) {
    if (kind !== 'folder' || !VERSION.test(name)) continue;
    const version = await readVersion(folder, joined(place, name), Number(VERSION.exec(name)?.[1]));
    if (version !== undefined) versions.push(version);
  }
  const aliases = await pairsIn(folder, joined(place, 'aliases'));
  return {
    name: meta.text('name'),
    description: meta.optional('description') ?? '',
    tags: await pairsIn(folder, joined(place, 'tags')),
    versions: versions.toSorted((a, b) => a.version - b.version),
    aliases: aliases.map(({ key, value }) => ({ alias: key, version: Number(value) })),
  };
}

async function readVersion(folder: Folder, place: string, version: number): Promise<SourceVersion | undefined> {
  const meta = await readMeta(folder, place);
  if (meta === undefined || meta.optional('current_stage') === DELETED) return undefined;
  return {
    version,
    source: meta.optional('source') ?? '',
    runId: meta.optional('run_id') || undefined,
    modelId: meta.optional('model_id') || undefined,
    runLink: meta.optional('run_link') ?? '',
    stage: meta.optional('current_stage') ?? 'None',
    description: meta.optional('description') ?? '',
    tags: await pairsIn(folder, joined(place, 'tags')),
  };
}
