import { checkArtifactPath, invalidParameter } from '@mlab/mlflow';

/** Where a file lies. What lies at the root of all has the folder ''. */
export interface FilePlace {
  readonly folder: string;
  readonly name: string;
}

/** An entry of an index holds 2,704 bytes. S3 and most file systems allow less. */
const MAX_BYTES = 2000;
const MAX_PARTS = 100;

/** The path below the root of all artifacts that a client has named; '' is the root itself. */
export function readArtifactPath(text: string): string {
  // Python takes it away at the beginning of what it takes for a URL.
  if (text.includes('\0')) throw invalidParameter('Invalid path');
  const path = checkArtifactPath(text);
  const bytes = Buffer.byteLength(path);
  if (bytes > MAX_BYTES) throw invalidParameter(`Invalid path: it has ${bytes} bytes in UTF-8, and ${MAX_BYTES} is the most.`);
  const parts = path.split('/').length;
  if (parts > MAX_PARTS) throw invalidParameter(`Invalid path: it has ${parts} parts, and ${MAX_PARTS} is the most.`);
  return path;
}

/** The same, of something that is not the root. */
export function readFilePath(text: string): string {
  const path = readArtifactPath(text);
  if (path === '') throw invalidParameter('Invalid path: it names no file.');
  return path;
}

/** Two paths one after the other, either of which may be ''. */
export const joinPaths = (first: string, second: string): string => (first === '' || second === '' ? first + second : `${first}/${second}`);

export function placeOf(path: string): FilePlace {
  const slash = path.lastIndexOf('/');
  return { folder: path.slice(0, Math.max(slash, 0)), name: path.slice(slash + 1) };
}

export const pathOf = ({ folder, name }: FilePlace): string => joinPaths(folder, name);

/** The folders on the way to it, the outermost first. */
export function foldersAbove(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** The first part: what lies below each of these is counted together. */
export const topOf = (path: string): string => path.split('/', 1)[0] ?? '';
