import { checkRunId, invalidParameter } from '@mlab/mlflow';
import { joinPaths, readArtifactPath } from '#/domain/artifact-path.ts';

/** What a URI names, before it is known where that lies. */
export type ArtifactUri =
  | { readonly kind: 'here'; readonly path: string }
  | { readonly kind: 'run'; readonly runId: string; readonly path: string }
  | { readonly kind: 'logged-model'; readonly modelId: string; readonly path: string };

const SCHEME = 'mlflow-artifacts:';
const SHAPES = 'mlflow-artifacts:/<path>, runs:/<run id>/<path> or models:/m-<id>';

/** Reads a URI of files that this service keeps or knows. */
export function parseArtifactUri(uri: string): ArtifactUri {
  const here = artifactPathOf(uri);
  if (here !== undefined) return { kind: 'here', path: here };
  const [, scheme, id = '', path = ''] = /^(runs|models):\/+([^/]*)(?:\/(.*))?$/s.exec(uri) ?? [];
  if (scheme === 'runs') {
    checkRunId(id);
    return { kind: 'run', runId: id, path: readArtifactPath(path) };
  }
  if (scheme === 'models') {
    if (!/^m-[0-9a-f]{32}$/.test(id))
      throw invalidParameter(
        `Invalid artifact URI '${uri.slice(0, 300)}': this service knows logged models, models:/m-<id>. The registry knows names, versions and aliases.`,
      );
    return { kind: 'logged-model', modelId: id, path: readArtifactPath(path) };
  }
  throw invalidParameter(`Invalid artifact URI '${uri.slice(0, 300)}': expected ${SHAPES}.`);
}

/** The path below the root of all artifacts; undefined when they do not lie here. */
export function artifactPathOf(uri: string): string | undefined {
  if (!uri.startsWith(SCHEME)) return undefined;
  // A host may stand before the path; whatever it is called, its artifacts lie here.
  const [, host = '', path = ''] = /^(?:\/\/([^/]*))?(.*)$/s.exec(uri.slice(SCHEME.length)) ?? [];
  if (!/^(?:[\w-]+(?:\.[\w-]+)*(?::\d+)?)?$/.test(host))
    throw invalidParameter(`Invalid artifact URI '${uri.slice(0, 300)}': '${host}' is no host.`);
  return readArtifactPath(path.replace(/^\/+/, ''));
}

export const artifactUriOf = (path: string): string => `mlflow-artifacts:/${path}`;

/** The path of what lies at `path` below a root. Throws when the root lies elsewhere. */
export function pathBelow(rootUri: string, path: string): string {
  const root = artifactPathOf(rootUri);
  if (root === undefined)
    throw invalidParameter(`These artifacts lie at ${rootUri.slice(0, 300)}, which this server does not read: ask there.`);
  return joinPaths(root, path);
}
