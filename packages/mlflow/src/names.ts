import { invalidParameter } from '#/errors.ts';
import { LIMITS } from '#/limits.ts';
import { countCharacters, isBlank, pythonJson, pythonRepr } from '#/python.ts';

/** Where a key stands: MLflow names it differently by what it is the key of. */
const PLACES = {
  metric: { list: 'metrics', field: 'name', long: () => 'Metric name' },
  param: { list: 'params', field: 'key', long: () => 'Param key' },
  tag: { list: 'tags', field: 'key', long: (path: string) => path },
} as const;

/** Nearly every key is of these characters, and then there is nothing more to look at. */
const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9_.\- :]*$/;
/** MLflow's `^[/\w.\- :]*$`: Python's `\w` is any letter or digit of Unicode. A newline at the end, which Python's `$` lets pass, is refused. */
const ALLOWED = /^[/\p{L}\p{N}_.\- :]*$/u;
const CHARACTERS = 'Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).';

/** Refuses a key of a metric, a parameter or a tag that MLflow refuses. `index` is its place in a batch. */
export function checkKey(kind: keyof typeof PLACES, key: string, index?: number): void {
  if (key.length <= LIMITS.key && PLAIN.test(key)) return;
  const { list, field, long } = PLACES[kind];
  const path = index === undefined ? field : `${list}[${index}].${field}`;
  if (!ALLOWED.test(key)) throw wrong(path, key, CHARACTERS);
  checkResolves(path, key);
  checkLength(long(path), key, LIMITS.key);
}

/** MLflow uses names as paths, so they must be the shortest form of themselves and stay where they are put. */
function checkResolves(path: string, name: string): void {
  const normal = normalPath(name);
  if (normal === name && normal !== '.' && !normal.startsWith('..') && !normal.startsWith('/')) return;
  const reason = 'Names may be treated as files in certain cases, and must not resolve to other names when treated as such.';
  throw wrong(path, name, `${reason} This name would resolve to ${pythonRepr(normal)}`);
}

/** Python's `posixpath.normpath`. */
function normalPath(path: string): string {
  if (path === '') return '.';
  const root = /^\/\/(?!\/)/.test(path) ? '//' : path.startsWith('/') ? '/' : '';
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..' || (root === '' && (parts.length === 0 || parts.at(-1) === '..'))) parts.push(part);
    else parts.pop();
  }
  return root + parts.join('/') || '.';
}

/** Refuses a text that is longer than so many characters. `name` is what the message calls it. */
export function checkLength(name: string, value: string, limit: number): void {
  if (value.length > limit && countCharacters(value) > limit) {
    throw invalidParameter(`'${name}' exceeds the maximum length of ${limit} characters`);
  }
}

export function checkExperimentName(name: string): void {
  if (name === '') throw invalidParameter("Invalid experiment name: ''");
  checkLength('name', name, LIMITS.experimentName);
}

/** Of a registered model. `field` is what the request calls it. */
export function checkModelName(name: string, field: 'name' | 'new_name' = 'name'): void {
  if (isBlank(name)) throw invalidParameter(`Missing value for required parameter '${field}'.`);
  if (/[/:]/.test(name)) throw invalidParameter(`Invalid model name '${shorten(name)}'. Names cannot contain '/' or ':'.`);
  checkResolves('name', name);
  checkLength(field, name, LIMITS.modelName);
}

/** Of a logged model; none is fine, MLflow then makes one up. */
export function checkLoggedModelName(name: string | undefined): void {
  if (name === undefined || (name !== '' && !/[/:.%"']/.test(name))) return;
  throw invalidParameter(
    `Invalid model name (${pythonRepr(name)}) provided. Model name must be a non-empty string and cannot contain the following characters: ` +
      `('/', ':', '.', '%', '"', "'")`,
  );
}

/** Of any request that names an alias. */
export function checkAlias(alias: string): void {
  if (alias === '') throw invalidParameter('Registered model alias name cannot be empty.');
  if (!/^[\p{L}\p{N}_-]*$/u.test(alias)) {
    const reason = 'Names may only contain alphanumerics, underscores (_), and dashes (-).';
    throw invalidParameter(`Invalid alias name: '${shorten(alias)}'. ${reason}`);
  }
  checkLength('Registered model alias name', alias, LIMITS.alias);
}

/** Of a request that sets one: `latest`, and what looks like a version, would hide what they mean in a `models:` URI. */
export function checkNewAlias(alias: string): void {
  checkAlias(alias);
  if (alias.toLowerCase() === 'latest') throw invalidParameter("'latest' alias name (case insensitive) is reserved.");
  if (/^[vV]\p{Nd}+$/u.test(alias)) throw invalidParameter(`Version alias name '${alias}' is reserved.`);
}

export function checkRunId(runId: string): void {
  if (!/^[a-zA-Z0-9][\p{L}\p{N}_-]{0,255}$/u.test(runId))
    throw invalidParameter(`Invalid value ${pythonJson(runId)} for parameter 'run_id' supplied.`);
}

export function checkExperimentId(id: string): void {
  if (!/^[a-zA-Z0-9][\p{L}\p{N}_-]{0,63}$/u.test(id)) throw invalidParameter(`Invalid experiment ID: '${shorten(id)}'`);
}

const shorten = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text);

const wrong = (path: string, value: string, reason: string): Error =>
  invalidParameter(`Invalid value ${pythonJson(value)} for parameter '${path}' supplied: ${reason}`);
