import type { tracking } from '@mlab/contracts/tracking';
import { STAGES, type Signature, type VersionFile } from '@mlab/contracts/registry-schemas';
import { AppError, type CallMeta, type ClientOf, type Queryable } from '@mlab/kernel';
import { invalidParameter, mlflowError } from '@mlab/mlflow';
import type { ModelVersion } from '#/domain/model.ts';
import { readSignature } from '#/domain/mlmodel.ts';
import { noAlias, noVersion } from '#/domain/names.ts';
import { isPrompt } from '#/domain/prompt.ts';
import { isWithin, notWithin, ofPrompt, otherVersion, readSource, type Source } from '#/domain/source.ts';
import { canonicalStage } from '#/domain/stage.ts';
import { mustFindModel } from '#/must-find.ts';
import { listFiles } from '#/store/files.ts';
import { findGreatestVersion, findVersion, findVersionByAlias, latestVersions } from '#/store/versions.ts';

export interface SourceOptions {
  readonly tracking: ClientOf<typeof tracking>;
  /** Schemes of places outside of this platform. */
  readonly allowed: ReadonlySet<string>;
}

export interface SourceQuestion {
  readonly source: string;
  /** Undefined where the request says nothing of it; an empty one says that there is none. */
  readonly runId: string | undefined;
  readonly modelId: string | undefined;
  /** Whether a source that names its run or its logged model need not name it twice. */
  readonly implied: boolean;
  /** Where it is not given, it is looked for among the files. */
  readonly signature: Signature | undefined;
}

/** What a version is made of. */
export interface ResolvedSource {
  readonly source: string;
  readonly location: string;
  readonly runId: string;
  readonly loggedModelId: string | undefined;
  readonly author: string | undefined;
  readonly signature: Signature | undefined;
  readonly listed: boolean;
  readonly files: readonly VersionFile[];
}

type Resolved = Omit<ResolvedSource, 'author' | 'listed' | 'files'> & { readonly copied?: ModelVersion };

const MOST_FILES = 10_000;
const MOST_MLMODEL_BYTES = 1_048_576;

/** Finds out what a source stands for, and refuses one that is not within the run or logged model that it is said to be of. */
export async function resolveSource(options: SourceOptions, db: Queryable, call: CallMeta, asked: SourceQuestion): Promise<ResolvedSource> {
  const { tracking } = options;
  const source = readSource(asked.source, options.allowed, asked.modelId ? 'model_id' : 'run_id');
  const resolved = await locate(options, db, call, source, asked);
  const { copied } = resolved;
  if (copied !== undefined) {
    const { author, listed, modelId, version } = copied;
    return { ...resolved, author, listed, files: listed ? await listFiles(db, modelId, version) : [] };
  }
  // A run that is not there is no reason to refuse its name: MLflow does not either.
  const run = resolved.runId === '' ? undefined : await ifThere(tracking.getRun({ id: resolved.runId }, call));
  const listed = source.kind === 'elsewhere' ? undefined : await filesOf(tracking, resolved.location, call);
  const mlmodel = asked.signature === undefined ? listed?.find(({ path }) => path === 'MLmodel') : undefined;
  const signature = mlmodel && (await signatureIn(tracking, mlmodel, resolved.location, call));
  return { ...resolved, signature, author: run?.userId || undefined, listed: listed !== undefined, files: listed ?? [] };
}

async function locate(
  { tracking }: SourceOptions,
  db: Queryable,
  call: CallMeta,
  source: Source,
  asked: SourceQuestion,
): Promise<Resolved> {
  const { source: text, runId = '', modelId = '', implied } = asked;
  const plain = { source: text, location: text, runId, loggedModelId: modelId || undefined, signature: undefined };
  const loggedModel = (id: string) => tracking.getLoggedModel({ id }, call);
  switch (source.kind) {
    case 'version':
      return copyOf(await findSourceVersion(db, source, text), asked);
    case 'logged model': {
      if (modelId !== source.id && !(implied && modelId === '')) throw notWithin(text, 'model_id');
      const model = await ifThere(loggedModel(source.id));
      if (model === undefined) throw notWithin(text, 'model_id');
      return { ...plain, location: model.artifactUri, loggedModelId: model.id, runId: runId || (model.sourceRunId ?? '') };
    }
    case 'run':
      if (modelId !== '') throw notWithin(text, 'model_id');
      if (runId !== source.runId && !(implied && runId === '')) throw notWithin(text, 'run_id');
      return { ...plain, runId: source.runId };
    case 'artifacts': {
      const model = modelId === '' ? undefined : await ifThere(loggedModel(modelId));
      if (model !== undefined && isWithin(text, model.artifactUri)) return { ...plain, runId: runId || (model.sourceRunId ?? '') };
      if (modelId !== '') throw notWithin(text, 'model_id');
      const run = runId === '' ? undefined : await ifThere(tracking.getRun({ id: runId }, call));
      if (run === undefined || !isWithin(text, run.artifactUri)) throw notWithin(text, 'run_id');
      return plain;
    }
    case 'elsewhere':
      if (modelId === '' || runId !== '') return plain;
      return { ...plain, runId: (await loggedModel(modelId)).sourceRunId ?? '' };
  }
}

function copyOf(version: ModelVersion, { source, runId, modelId }: SourceQuestion): Resolved {
  const isOther = (said: string | undefined, is: string): boolean => said !== undefined && said !== is;
  // What MLflow's clients get to see of a version names no logged model, so they may say that there is none.
  const isOtherModel = (modelId ?? '') !== '' && modelId !== version.loggedModelId;
  if (isOther(runId, version.runId) || isOtherModel) throw otherVersion(source);
  return {
    source: `models:/${version.name}/${version.version}`,
    location: version.location,
    runId: version.runId,
    loggedModelId: version.loggedModelId,
    signature: version.signature,
    copied: version,
  };
}

async function findSourceVersion(db: Queryable, source: Extract<Source, { kind: 'version' }>, text: string): Promise<ModelVersion> {
  const { name, version, alias, stage } = source;
  const model = await mustFindModel(db, name);
  if (isPrompt(model.tags)) throw ofPrompt(text);
  if (version !== undefined) return (await findVersion(db, model.id, version)) ?? raise(noVersion(name, version));
  if (alias !== undefined && alias.toLowerCase() !== 'latest')
    return (await findVersionByAlias(db, model.id, alias)) ?? raise(noAlias(alias));
  const stages = stage === undefined ? STAGES : [canonicalStage(stage)];
  const found = stage === undefined ? await findGreatestVersion(db, model.id) : (await latestVersions(db, [model.id], stages))[0];
  const said = stage === undefined ? '' : ` and stage '${stage}'`;
  return found ?? raise(mlflowError('RESOURCE_DOES_NOT_EXIST', `No versions of model with name '${name}'${said} found`));
}

function raise(error: Error): never {
  throw error;
}

/** Undefined where tracking says that there is no such thing, or that nothing can be called so. */
async function ifThere<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (AppError.is(error, 'not_found') || AppError.is(error, 'invalid')) return undefined;
    throw error;
  }
}

/** All files below a place; undefined where tracking knows no such place. */
async function filesOf(tracking: SourceOptions['tracking'], uri: string, call: CallMeta): Promise<readonly VersionFile[] | undefined> {
  const files: VersionFile[] = [];
  let cursor: string | undefined;
  do {
    const page = await ifThere(tracking.listFiles({ uri, limit: 1000, ...(cursor === undefined ? {} : { cursor }) }, call));
    if (page === undefined) return undefined;
    files.push(...page.items.map(({ path, size, sha256 }) => ({ path, size, sha256 })));
    if (files.length > MOST_FILES) throw invalidParameter(`Invalid model version source: '${uri}' holds more than ${MOST_FILES} files.`);
    cursor = page.next;
  } while (cursor !== undefined);
  return files;
}

/** The signature that a model was saved with, if it can be read. */
async function signatureIn(
  tracking: SourceOptions['tracking'],
  { path, size }: VersionFile,
  location: string,
  call: CallMeta,
): Promise<Signature | undefined> {
  if (size > MOST_MLMODEL_BYTES) return undefined;
  const file = await ifThere(tracking.getFile({ uri: `${location}/${path}` }, call));
  if (file === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of file.body) {
    bytes += chunk.byteLength;
    if (bytes > MOST_MLMODEL_BYTES) return undefined;
    chunks.push(chunk);
  }
  return readSignature(Buffer.concat(chunks).toString('utf8'));
}
