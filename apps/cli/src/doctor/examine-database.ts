import { messageOf } from '../cli-error.ts';
import type { DatabasePlan } from '../topology/plan-lab.ts';
import type { Finding } from './finding.ts';

const OLDEST_MAJOR = 14;
const CONNECTS_WITHIN_MS = 5_000;

/** Whether there will be a database for the services: the one that mlab brings, or the one that the person names. */
export async function examineDatabase({ kind }: DatabasePlan, env: NodeJS.ProcessEnv): Promise<Finding> {
  const about = 'database';
  if (kind === 'none') return { level: 'ok', about, says: 'none: the topology has none.' };
  if (kind === 'external') return { about, ...(await examineExternal(env['DATABASE_URL'] ?? '')) };
  const found = await describe();
  if (found === undefined) return { level: 'warning', about, says: 'PostgreSQL comes with the packages that are still to be installed.' };
  if (found.available) return { level: 'ok', about, says: `PostgreSQL ${found.version} comes with the lab` };
  return { level: 'problem', about, says: found.reason };
}

/** Nothing where the packages are not installed yet, which is found and said elsewhere. */
async function describe(): Promise<ReturnType<typeof import('@mlab/sql/embedded').describeEmbedded> | undefined> {
  try {
    return (await import('@mlab/sql/embedded')).describeEmbedded();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

async function examineExternal(url: string): Promise<Pick<Finding, 'level' | 'says'>> {
  const place = placeOf(url);
  if (place === undefined) {
    return {
      level: 'problem',
      says: 'DATABASE_URL is not a URL such as postgres://user:password@localhost:5432/mlab; correct it or unset it.',
    };
  }
  const { Client } = await import('pg');
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECTS_WITHIN_MS, query_timeout: CONNECTS_WITHIN_MS });
  // A connection that is cut is told by the query under way.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    const version = rows[0]?.server_version ?? 'of an unknown version';
    if (Number.parseInt(version, 10) >= OLDEST_MAJOR) return { level: 'ok', says: `PostgreSQL ${version} at ${place} (DATABASE_URL)` };
    return {
      level: 'problem',
      says: `PostgreSQL ${version} at ${place} is too old; give DATABASE_URL one of version ${OLDEST_MAJOR} or newer.`,
    };
  } catch (error) {
    const why = messageOf(error) || (error instanceof AggregateError ? error.errors.map(messageOf).join(', ') : 'no reason given');
    return {
      level: 'problem',
      says: `${place} (DATABASE_URL) cannot be reached: ${why}; start it, or unset DATABASE_URL and mlab brings one.`,
    };
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Without user and password. */
function placeOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, host, pathname } = new URL(url);
  return protocol === 'postgres:' || protocol === 'postgresql:' ? `${host}${pathname}` : undefined;
}
