import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import type { Logger } from '@mlab/telemetry';
import { escapeIdentifier, escapeLiteral, type Client } from 'pg';
import { sqlState } from '#/failures.ts';
import type { Login, Target } from '#/login.ts';

interface State {
  readonly superuser: boolean;
  readonly role_exists: boolean;
  /** Whether the role may more than a service's should. */
  readonly role_mighty: boolean;
  readonly schema_owner: string | null;
}

const STATE = `SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
  EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS role_exists,
  EXISTS (SELECT FROM pg_roles WHERE rolname = $1 AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication)) AS role_mighty,
  (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = $2) AS schema_owner`;

const RIGHTS = `SELECT has_database_privilege($1, current_database(), 'CONNECT') AS connect,
  COALESCE((SELECT has_schema_privilege($1, oid, 'CREATE') FROM pg_namespace WHERE nspname = 'public'), false) AS create_in_public`;

const LOCK = "hashtextextended('mlab provision', 0)";

/** Makes a service's schema and role, or puts them right, with the login of `DATABASE_URL`. One process at a time does so. */
export async function provision(admin: Client, target: Target, login: Login, log: Logger): Promise<void> {
  const version = await versionOf(admin);
  requireVersion(version, target);
  await admin.query(`SELECT pg_advisory_lock(${LOCK})`);
  try {
    await makeRoleAndSchema(admin, target, login, version.iterations);
    await limitRights(admin, target, login, log);
  } finally {
    await admin.query(`SELECT pg_advisory_unlock(${LOCK})`).catch(() => undefined);
  }
}

async function versionOf(admin: Client): Promise<Version> {
  const { rows } = await admin.query<Version>(
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS name,
       COALESCE(current_setting('scram_iterations', true), '4096')::int AS iterations`,
  );
  return rows[0] as Version;
}

interface Version {
  /** 150004 is 15.4. */
  readonly number: number;
  readonly name: string;
  /** How much work each guess of a password is to be. PostgreSQL 16 and newer let their owner say; before, it is always as much. */
  readonly iterations: number;
}

export function requireVersion({ number, name }: Pick<Version, 'number' | 'name'>, { host, port }: Target): void {
  if (number < 140_000) throw new Error(`PostgreSQL ${name} answers at ${host}:${port} (DATABASE_URL): 14 or newer is needed.`);
}

async function makeRoleAndSchema(admin: Client, { user, database }: Target, login: Login, iterations: number): Promise<void> {
  const [role, schema, me] = [login.role, login.schema, user].map((name) => escapeIdentifier(name)) as [string, string, string];
  const { rows } = await admin.query<State>(STATE, [login.role, login.schema]);
  const state = rows[0] as State;
  if (state.role_mighty) throw new Error(`The role ${login.role} may more than a service's role should: drop or rename it.`);
  if (state.schema_owner !== null && state.schema_owner !== login.role)
    throw new Error(`The schema ${login.schema} of ${database} belongs to ${state.schema_owner}; expected ${login.role}.`);

  const verb = state.role_exists ? 'ALTER' : 'CREATE';
  const mayRoles = `ALTER ROLE ${me} CREATEROLE`;
  await granted(admin, `${verb} ROLE ${role} LOGIN PASSWORD ${escapeLiteral(scramVerifier(login.password, iterations))}`, user, mayRoles);
  await granted(admin, `ALTER ROLE ${role} SET search_path = ${schema}`, user, mayRoles);
  // A process that was killed no longer waits for its statement, and the server is to notice. Not every system can tell.
  await admin.query(`ALTER ROLE ${role} SET client_connection_check_interval = '2s'`).catch(() => undefined);
  if (state.schema_owner !== null) return;
  // Only a member of a role may make it the owner of something. It stays one, so that it can make a copy of the data for safety.
  if (!state.superuser) await granted(admin, `GRANT ${role} TO ${me}`, user, mayRoles);
  const mayCreate = `GRANT CREATE ON DATABASE ${escapeIdentifier(database)} TO ${me}`;
  await granted(admin, `CREATE SCHEMA ${schema} AUTHORIZATION ${role}`, user, mayCreate);
}

async function limitRights(admin: Client, { user, database }: Target, login: Login, log: Logger): Promise<void> {
  const rights = async (): Promise<{ connect: boolean; create_in_public: boolean }> =>
    (await admin.query(RIGHTS, [login.role])).rows[0] as { connect: boolean; create_in_public: boolean };
  const { connect, create_in_public: loose } = await rights();
  if (!connect) {
    const grant = `GRANT CONNECT ON DATABASE ${escapeIdentifier(database)} TO ${escapeIdentifier(login.role)}`;
    await granted(admin, grant, user, grant);
  }
  if (!loose) return;
  // PostgreSQL 14 still lets everybody create tables in the schema that all share.
  await admin.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC').catch(() => undefined);
  if ((await rights()).create_in_public)
    log.warn(
      `Every role may create tables in the schema public of ${database}: its owner can end that with REVOKE CREATE ON SCHEMA public FROM PUBLIC.`,
    );
}

/** Does what needs a right, and says how to grant it when it is missing. */
async function granted(admin: Client, statement: string, user: string, grant: string): Promise<void> {
  try {
    await admin.query(statement);
  } catch (error) {
    if (sqlState(error) !== '42501') throw error;
    const said = error instanceof Error ? error.message : '';
    throw new Error(`The login ${user} of DATABASE_URL lacks a right (${said}). Grant it: ${grant};`, { cause: error });
  }
}

/** What PostgreSQL keeps of a password, so that the password itself is never in a statement, and in no log of statements (RFC 5803). */
function scramVerifier(password: string, iterations: number): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const keyOf = (label: string): Buffer => createHmac('sha256', salted).update(label).digest();
  const stored = createHash('sha256').update(keyOf('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${keyOf('Server Key').toString('base64')}`;
}
