import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CliError, usageError } from '../cli-error.ts';
import { folderSource } from './folder/folder-source.ts';
import { openFolder, type Folder } from './folder/folder.ts';
import { serverSource } from './server/server-source.ts';
import type { Source } from './source.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Where MLflow keeps what it tracks when that is a database. */
const DATABASES = /^(sqlite|postgresql|postgres|mysql|mssql)(\+[a-z0-9]+)?:/i;

/** What is to be read: a server by its URL, or an `mlruns` folder. */
export async function openSource(given: string, env: Env, signal: AbortSignal): Promise<Source> {
  if (/^https?:/i.test(given)) return openServer(given, env, signal);
  if (DATABASES.test(given)) throw new CliError(throughServer(given));
  if (/^databricks/i.test(given))
    throw usageError('Databricks is not read: mlab import mlflow takes the URL of an MLflow server, or an mlruns folder.');
  if (/^[a-z][a-z0-9+.-]+:/i.test(given) && !/^file:/i.test(given))
    throw usageError(`"${given}" is neither the URL of an MLflow server nor a folder.`);
  return folderSource(await findRuns(/^file:/i.test(given) ? fileURLToPath(given) : given));
}

/** The folder itself, or the `mlruns` in it. */
async function findRuns(path: string): Promise<Folder> {
  const folder = await openFolder(path);
  if (await hasExperiments(folder)) return folder;
  const inner = join(folder.path, 'mlruns');
  if (existsSync(inner)) {
    const runs = await openFolder(inner);
    if (await hasExperiments(runs)) return runs;
  }
  const database = ['mlflow.db', '../mlflow.db'].map((name) => join(folder.path, name)).find((file) => existsSync(file));
  if (database !== undefined)
    throw new CliError(`${path} holds files alone: what belongs to them is in ${database}. ${throughServer(`sqlite:///${database}`)}`);
  throw new CliError(`There are no experiments in ${path}: a folder of MLflow's has a folder with a meta.yaml for each of them.`);
}

async function hasExperiments(folder: Folder): Promise<boolean> {
  for (const place of ['', '.trash'])
    for (const { name, kind } of await folder.entries(place))
      if (
        kind === 'folder' &&
        (await folder.file([place, name, 'meta.yaml'].filter((part) => part !== '').join('/')).catch(() => undefined))
      )
        return true;
  return false;
}

const throughServer = (uri: string): string =>
  `MLflow's databases are read by its own server: mlflow server --backend-store-uri ${uri}, and then mlab import mlflow http://localhost:5000.`;

function openServer(given: string, env: Env, signal: AbortSignal): Source {
  if (!URL.canParse(given)) throw usageError(`"${given}" is no URL such as http://localhost:5000.`);
  const url = new URL(given);
  const authorization = authorizationOf(url, env);
  const base = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  return serverSource({ base, authorization, signal }, base);
}

/** As MLflow's own client does it; a name and a password in the URL itself win. */
function authorizationOf({ username, password }: URL, env: Env): string | undefined {
  if (username !== '') return basic(decodeURIComponent(username), decodeURIComponent(password));
  const [name, secret, token] = [env['MLFLOW_TRACKING_USERNAME'], env['MLFLOW_TRACKING_PASSWORD'], env['MLFLOW_TRACKING_TOKEN']];
  if (name && secret) return basic(name, secret);
  return token ? `Bearer ${token}` : undefined;
}

const basic = (name: string, password: string): string => `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
