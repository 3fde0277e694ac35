import { checkArtifactPath, invalidParameter } from '@mlab/mlflow';

/** What a version is registered from. */
export type Source =
  | { readonly kind: 'logged model'; readonly id: string }
  /** Another version: by its number, by its alias, the latest of a stage, or the latest of all. */
  | { readonly kind: 'version'; readonly name: string; readonly version?: number; readonly alias?: string; readonly stage?: string }
  | { readonly kind: 'run'; readonly runId: string }
  /** Files that this platform keeps. */
  | { readonly kind: 'artifacts' }
  /** Anywhere else: a text that is kept and never followed. */
  | { readonly kind: 'elsewhere' };

interface Uri {
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
}

const MAX_LENGTH = 2048;
const MAX_ROUNDS = 10;

/**
 * Reads and checks a source as MLflow 3.17 does, and more strictly: a local path never is one, and a URI is of a scheme that is allowed.
 * `givenId` is what the request must name together with it, for messages.
 */
export function readSource(source: string, allowed: ReadonlySet<string>, givenId: 'run_id' | 'model_id'): Source {
  if (source.length > MAX_LENGTH) throw invalidParameter(`Invalid model version source: it has more than ${MAX_LENGTH} characters.`);
  const uri = split(source);
  if (uri.scheme === '' || uri.scheme === 'file') throw local(source, givenId);
  const named = uri.scheme === 'models' ? readModelUri(source, uri) : undefined;
  checkPath(source);
  if (named !== undefined) return named;
  switch (uri.scheme) {
    case 'runs':
      return { kind: 'run', runId: readRunId(source, uri) };
    case 'mlflow-artifacts':
      if (uri.authority !== '') throw foreignHost(source, uri.scheme);
      checkArtifactPath(source.replace(/^[^:]*:\/*/, ''));
      return { kind: 'artifacts' };
    default:
      if (!allowed.has(uri.scheme)) throw foreignHost(source, uri.scheme);
      // The proxy of some server; whether of this one nobody can tell, so it must not stand for files of a run that nobody has named.
      if (/(^|\/)api\/2\.0\/mlflow-artifacts\/artifacts(\/|$)/.test(unquote(uri.path))) throw notWithin(source, givenId);
      return { kind: 'elsewhere' };
  }
}

function split(uri: string): Uri {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(uri) ?? ['', '', uri];
  const [, authority = '', path = ''] = /^(?:\/\/([^/?#]*))?([^?#]*)/s.exec(rest) ?? [];
  return { scheme: scheme.toLowerCase(), authority, path };
}

/** Refuses whatever could lead elsewhere than it seems to: relative parts, also encoded ones, and characters that nothing is named with. */
function checkPath(source: string): void {
  let decoded = source;
  for (let round = 0; round <= MAX_ROUNDS; round++) {
    const next = unquote(decoded.replaceAll('+', ' '));
    if (next === decoded) break;
    if (round === MAX_ROUNDS) throw relative(source);
    decoded = next;
  }
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(decoded) || decoded.split(/[/\\]/).includes('..')) throw relative(source);
  const path = split(decoded).path.replaceAll(/\/+/g, '/').replace(/\/$/, '');
  if (!path.startsWith('/') || path.split('/').includes('.')) throw relative(source);
}

function unquote(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString('utf8'));
}

function readModelUri(source: string, { authority, path }: Uri): Source {
  const parts = path.slice(1).split('/');
  const [name = '', suffix] = parts;
  if (authority !== '') throw foreignRegistry(source);
  if (parts.length > 2 || name.trim() === '' || suffix?.trim() === '') throw notWithin(source, 'model_id');
  if (suffix !== undefined) {
    if (/^\d{1,9}$/.test(suffix)) return { kind: 'version', name, version: Number(suffix) };
    return { kind: 'version', name, ...(suffix.toLowerCase() === 'latest' ? {} : { stage: suffix }) };
  }
  const at = name.lastIndexOf('@');
  if (at === -1) return { kind: 'logged model', id: name };
  const alias = name.slice(at + 1);
  if (alias.trim() === '') throw notWithin(source, 'model_id');
  return { kind: 'version', name: name.slice(0, at), alias };
}

function readRunId(source: string, { authority, path }: Uri): string {
  const [, runId = '', rest = ''] = /^\/*([^/]+)\/(.+)$/.exec(path) ?? [];
  if (authority !== '' || runId === '' || rest === '') throw notWithin(source, 'run_id');
  return runId;
}

/** Whether a URI names something below another one, or the same. */
export function isWithin(uri: string, root: string): boolean {
  const [inner, outer] = [split(uri), split(root)];
  const partsOf = ({ path }: Uri): readonly string[] => path.split('/').flatMap((part) => (part === '' ? [] : [unquote(part)]));
  const [parts, rootParts] = [partsOf(inner), partsOf(outer)];
  const isSamePlace = inner.scheme === outer.scheme && inner.authority === outer.authority;
  return isSamePlace && rootParts.length > 0 && rootParts.every((part, index) => parts[index] === part);
}

export const notWithin = (source: string, id: 'run_id' | 'model_id'): Error =>
  invalidParameter(
    `Invalid model version source: '${source}'. The ${id} request parameter must identify the resource that contains the source.`,
  );

export const otherVersion = (source: string): Error =>
  invalidParameter(
    `Invalid model version source: '${source}'. The run_id and model_id request parameters must match the referenced model version.`,
  );

export const ofPrompt = (source: string): Error =>
  invalidParameter(`Invalid model version source: '${source}'. Prompt versions cannot be used as model version sources.`);

const foreignRegistry = (source: string): Error =>
  invalidParameter(`Invalid model version source: '${source}'. Registered model sources must use the active model registry.`);

const relative = (source: string): Error =>
  invalidParameter(
    `Invalid model version source: '${source}'. If supplying a source as an http, https, local file path, ftp, objectstore, or ` +
      'mlflow-artifacts uri, an absolute path must be provided without relative path references present. Please provide an absolute path.',
  );

const local = (source: string, id: 'run_id' | 'model_id'): Error =>
  invalidParameter(
    `Invalid model version source: '${source}'. To use a local path as a model version source, the ${id} request parameter has to be ` +
      `specified and the local path has to be contained within the artifact directory of the run specified by the ${id}.`,
  );

const foreignHost = (source: string, scheme: string): Error =>
  invalidParameter(
    `Invalid model version source: '${source}'. 'source' cannot use the '${scheme}' scheme with a host of its own: ` +
      'MLAB_REGISTRY_SOURCE_SCHEMES lists the schemes that may name places outside of this platform.',
  );
