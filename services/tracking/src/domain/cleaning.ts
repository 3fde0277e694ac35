import { artifactPathOf } from '#/domain/artifact-uri.ts';

const DAY_MS = 86_400_000;

/** What was deleted before this time goes. */
export const deletedBefore = (now: Date, days: number): number => now.getTime() - days * DAY_MS;

/**
 * The folder of a run or a logged model, which goes with it: up to the part that is its id. Undefined when its artifacts lie elsewhere, or
 * where something else may lie too.
 */
export function ownFolder(artifactUri: string, id: string): string | undefined {
  const parts = safePath(artifactUri)?.split('/') ?? [];
  const at = parts.lastIndexOf(id);
  return at < 0 ? undefined : parts.slice(0, at + 1).join('/');
}

export interface PlacedExperiment {
  readonly id: string;
  readonly artifactLocation: string;
}

/** The folder of an experiment, unless it has been told to keep its artifacts elsewhere, or another one to keep its own in there. */
export function ownFolderOf({ id, artifactLocation }: PlacedExperiment, others: readonly PlacedExperiment[]): string | undefined {
  if (safePath(artifactLocation) !== id) return undefined;
  const isShared = others.some((other) => other.id !== id && (safePath(other.artifactLocation) ?? '').split('/')[0] === id);
  return isShared ? undefined : id;
}

/** What was stored by an import may be no path at all. */
function safePath(uri: string): string | undefined {
  try {
    return artifactPathOf(uri);
  } catch {
    return undefined;
  }
}
