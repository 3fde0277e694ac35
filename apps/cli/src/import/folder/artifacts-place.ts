import { fileURLToPath } from 'node:url';
import type { SourceLoggedModel, SourceRun } from '../source.ts';
import type { Folder } from './folder.ts';
import { joined } from './read-files.ts';

/**
 * Where in the folder the files of a run or a logged model lie. Its URI names the place where it was written; the whole folder may have
 * been moved or copied since, so what counts is how that ends.
 */
export function artifactsOf(
  folder: Folder,
  { place, artifactUri }: Pick<SourceRun | SourceLoggedModel, 'place' | 'artifactUri'>,
): { readonly path: string; readonly problem?: string } {
  const own = { path: joined(place, 'artifacts') };
  if (artifactUri === '') return own;
  const path = localPath(artifactUri);
  if (path === undefined) return { ...own, problem: `its files lie at ${artifactUri}, where a folder does not reach` };
  // .trash/<experiment> was <experiment> when the run was written.
  const usual = own.path.replace(/^\.trash\//, '');
  const slashed = path.replaceAll('\\', '/').replace(/\/+$/, '');
  if (slashed === usual || slashed.endsWith(`/${usual}`)) return own;
  const inside = folder.inside(path);
  return inside === undefined ? { ...own, problem: `its files lie at ${artifactUri}, outside of the folder` } : { path: inside };
}

function localPath(uri: string): string | undefined {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(uri)?.[1]?.toLowerCase();
  if (scheme === undefined) return uri;
  if (scheme !== 'file') return undefined;
  try {
    return fileURLToPath(uri);
  } catch {
    return undefined;
  }
}
