import { readFileSync } from 'node:fs';

/** A service as its declaration describes it. */
export interface KnownService {
  readonly name: string;
  readonly port: number;
  /** Where it answers over gRPC besides. */
  readonly grpcPort?: number;
  /** The services it calls. */
  readonly needs: readonly string[];
}

export const KNOWN_SERVICES_FILE = 'apps/cli/src/topology/known-services.jsonl';

/**
 * All services there are. Their declarations would tell, but loading them would more than double what the supervisor
 * takes (28 MB); so `mlab docs` writes this list from them, and a test compares.
 */
export const knownServices = (): readonly KnownService[] =>
  readFileSync(new URL('known-services.jsonl', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as KnownService);
