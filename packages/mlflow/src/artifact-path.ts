import { invalidParameter } from '#/errors.ts';
import { normalizeUrl, unquote } from '#/python-url.ts';

const MAX_LENGTH = 4096;
const MAX_ROUNDS = 10;

/**
 * The path of an artifact below its root, as MLflow reads it (`mlflow/utils/uri.py`, `validate_path_is_safe`): decoded until nothing is left
 * to decode, control characters written as `%0b`. Refused are `#`, `..`, absolute paths, and, more strictly than MLflow does outside of
 * Windows, backslashes, drives, `file:` URIs and NUL. Empty parts and `.` are taken out; what remains may be empty: the root itself.
 */
export function checkArtifactPath(path: string): string {
  if (path.length > MAX_LENGTH || !path.isWellFormed()) throw invalid();
  const decoded = decode(path);
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  const escaped = decoded.replaceAll(/[\u0001-\u001f\u007f]/g, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
  if (/[#\\\u0000]|^\/|^[a-z]:|^file:/i.test(escaped)) throw invalid(); // oxlint-disable-line no-control-regex -- NUL ends names in C
  const parts = escaped.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw invalid();
  const result = parts.join('/');
  // Taking parts out may have brought a drive to the front: `./c:/x`.
  if (/^[a-z]:/i.test(result)) throw invalid();
  return result;
}

function decode(path: string): string {
  let current = path;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = normalizeUrl(unquote(current));
    if (next === undefined) throw invalid();
    if (next === current) return current;
    current = next;
  }
  throw invalid();
}

const invalid = (): Error => invalidParameter('Invalid path');
