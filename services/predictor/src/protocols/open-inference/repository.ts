import type { openInference } from '@mlab/contracts/open-inference';
import type { registry } from '@mlab/contracts/registry';
import type { ServedVersion } from '@mlab/contracts/predictor-models';
import { AppError, type CallMeta, type ClientOf, type RouteHandlers } from '@mlab/kernel';
import type { ServedModel } from '#/domain/served-model.ts';
import { whichModel } from './which-model.ts';
import type { ProtocolModels } from '#/protocols/with-demo.ts';
import { answer } from './answer.ts';

type Registry = ClientOf<typeof registry>;

export interface RepositoryOptions {
  readonly models: ProtocolModels;
  readonly registry: Registry | undefined;
}

interface Indexed {
  readonly name: string;
  readonly version: string;
  readonly state: 'READY' | 'LOADING' | 'UNAVAILABLE';
  readonly reason: string;
}

const STATES = { ready: 'READY', loading: 'LOADING', failed: 'UNAVAILABLE', quarantined: 'UNAVAILABLE' } as const;

const served = ({ model, version, state, detail }: ServedVersion): Indexed => ({
  name: model,
  version: String(version),
  state: STATES[state],
  reason: detail ?? '',
});

const PAGE = 1000;
/** So many pages of the registry are read. */
const MOST_PAGES = 10;

/**
 * Triton's repository: the versions in memory, and the models of the registry that could be.
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_model_repository.md
 */
export function repositoryHandlers(
  options: RepositoryOptions,
): Pick<RouteHandlers<(typeof openInference)['routes']>, 'repositoryIndex' | 'repositoryLoad' | 'repositoryUnload'> {
  return {
    repositoryIndex: async ({ body }, call) => {
      const { ready } = readOptions(body);
      if (ready !== undefined && typeof ready !== 'boolean') throw new AppError('invalid', 'ready has to be true or false.');
      return answer(await indexModels(options, ready === true, call));
    },
    repositoryLoad: async ({ params, body }, call) => {
      const model = await loadModel(options, { name: params['model'] ?? '', parameters: Object.keys(readParameters(body)) }, call);
      return answer({ name: model.model, version: String(model.version), load: true });
    },
    repositoryUnload: async ({ params, body }, call) => {
      readParameters(body);
      const name = params['model'] ?? '';
      await unloadModel(options, name, call);
      return answer({ name, unload: true });
    },
  };
}

export async function indexModels(
  { models, registry }: RepositoryOptions,
  readyOnly: boolean,
  call: CallMeta,
): Promise<readonly Indexed[]> {
  const known = models.list().map(served);
  if (readyOnly) return known.filter(({ state }) => state === 'READY');
  const others = registry === undefined ? undefined : await ifReached(inRegistry(registry, call, new Set(known.map(({ name }) => name))));
  return [...known, ...(others ?? [])];
}

interface ToLoad {
  readonly name: string;
  /** The names of what a client wants to be otherwise than it is. */
  readonly parameters: readonly string[];
}

export async function loadModel({ models }: RepositoryOptions, { name, parameters }: ToLoad, call: CallMeta): Promise<ServedModel> {
  const given = parameters.find((key) => key === 'config' || key.startsWith('file:'));
  if (given !== undefined)
    throw new AppError('invalid', `${given.slice(0, 80)} cannot be given: models come from the Model Registry, as they are there.`);
  return models.insist(whichModel(name, undefined), call);
}

export async function unloadModel({ models, registry }: RepositoryOptions, name: string, call: CallMeta): Promise<void> {
  if ((await models.unload({ model: name })) > 0) return;
  // Where nothing was in memory, it may still be a model.
  if (registry === undefined) throw new AppError('not_found', `There is no model ${name}.`);
  await ifReached(registry.getModel({ name }, call));
}

const UNREACHED: readonly unknown[] = ['unavailable', 'deadline', 'bad_gateway'];

/** What the registry says; `undefined` where it cannot be asked. What is in memory is served all the same. */
async function ifReached<T>(said: Promise<T>): Promise<T | undefined> {
  try {
    return await said;
  } catch (error) {
    if (AppError.is(error) && UNREACHED.includes(error.code)) return undefined;
    throw error;
  }
}

/** The newest version of each model that is not in memory. */
async function inRegistry(registry: Registry, call: CallMeta, known: ReadonlySet<string>): Promise<readonly Indexed[]> {
  const found: Indexed[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const { items, next } = await registry.listModels({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) }, call);
    for (const { name, lastVersion } of items)
      if (lastVersion > 0 && !known.has(name))
        found.push({
          name,
          version: String(lastVersion),
          state: 'UNAVAILABLE',
          reason: 'It is not in memory, and is loaded when it is asked for.',
        });
    cursor = next;
    if (cursor === undefined) break;
  }
  return found;
}

/** Clients send an empty body where they have nothing to say. */
function readOptions(body: Buffer): Readonly<Record<string, unknown>> {
  if (body.length === 0) return {};
  let options: unknown;
  try {
    options = JSON.parse(body.toString('utf8'));
  } catch {
    throw new AppError('malformed', 'The request is not JSON.');
  }
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new AppError('invalid', 'The request has to be a JSON object.');
  return options as Readonly<Record<string, unknown>>;
}

function readParameters(body: Buffer): object {
  const { parameters = {} } = readOptions(body);
  if (typeof parameters === 'object' && parameters !== null) return parameters;
  throw new AppError('invalid', 'parameters has to be an object.');
}
