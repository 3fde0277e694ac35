import { CliError, messageOf, usageError } from '../cli-error.ts';
import { serviceUrls } from '../dead-letters/ask-service.ts';
import { homeOf } from '../home.ts';
import { askJson, type Asked } from '../import/http/ask.ts';
import { query } from '../import/server/pages.ts';
import type { Explained, Model, Predicted } from './model.ts';

/** Which version is meant; neither: the one that the server takes by itself. */
export interface Which {
  readonly version?: number;
  readonly alias?: string;
}

/** Where models are asked. What the server refuses is thrown as it says it, as an HttpError. */
export interface ModelDoor {
  /** `/models/:name/predict` is below it: Service A, which logs what it is asked, or Service B. */
  readonly url: string;
  describe(model: string, which: Which): Promise<Model>;
  predict(model: string, which: Which, rows: readonly object[]): Promise<Predicted>;
  explain(model: string, which: Which, rows: readonly object[]): Promise<Explained>;
}

const PROBE_MS = 10_000;

/** Through the gateway of the lab that runs here, else at Service B itself; or at a URL of either. */
export async function findModelDoor(url: string | undefined, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<ModelDoor> {
  if (url !== undefined && (!/^https?:/i.test(url) || !URL.canParse(url)))
    throw usageError(`--url is "${url}", which is no URL such as http://localhost:8000.`);
  const urls = url === undefined ? await runningUrls(env) : [url.replace(/\/+$/, '')];
  for (const base of urls) {
    const door = await openModelDoor(base, signal);
    if (door !== undefined) return door;
  }
  if (url !== undefined) throw new CliError(`At ${url} there is neither a gateway that leads to models nor a service that has them.`);
  throw new CliError('No service that has models runs here; npm start starts the whole lab, and --url names one elsewhere.', {
    exitCode: 3,
  });
}

async function runningUrls(env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const urls = await serviceUrls(homeOf(env)).catch((error: unknown) => {
    throw error instanceof CliError ? error : new CliError(messageOf(error), { cause: error });
  });
  return ['gateway', 'predictor'].flatMap((name) => urls.get(name) ?? []);
}

/** The door that is at an address, by what its documentation says; undefined when there is none. */
export async function openModelDoor(base: string, signal: AbortSignal): Promise<ModelDoor | undefined> {
  const own = await pathsOf(base);
  const behind = has(own, 'get', '/models/{name}') ? own : await pathsOf(`${base}/predictor`);
  if (!has(behind, 'get', '/models/{name}')) return undefined;
  const describing = behind === own ? base : `${base}/predictor`;
  return openDoor(has(own, 'post', '/models/{name}/predict') ? base : describing, describing, signal);
}

type Paths = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const has = (paths: Paths, method: string, path: string): boolean => paths[path]?.[method] !== undefined;

async function pathsOf(base: string): Promise<Paths> {
  try {
    const answer = await fetch(`${base}/openapi.json`, { signal: AbortSignal.timeout(PROBE_MS) });
    const { paths } = (await answer.json()) as { readonly paths?: Paths };
    return paths ?? {};
  } catch {
    return {};
  }
}

function openDoor(url: string, describing: string, signal: AbortSignal): ModelDoor {
  const pathOf = (model: string): string => `/models/${encodeURIComponent(model)}`;
  const asked = (base: string): Asked => ({ base, authorization: undefined, signal });
  const post = async <T>(path: string, json: object): Promise<T> => (await askJson(asked(url), path, { method: 'POST', json })) as T;
  return {
    url,
    describe: async (model, which) => (await askJson(asked(describing), `${pathOf(model)}${query({ ...which })}`)) as unknown as Model,
    predict: (model, which, rows) => post(`${pathOf(model)}/predict`, { ...which, rows }),
    explain: (model, which, rows) => post(`${pathOf(model)}/explain`, { ...which, rows }),
  };
}
