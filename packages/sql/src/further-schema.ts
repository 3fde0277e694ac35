import { Client, escapeIdentifier } from 'pg';
import { sqlState } from '#/failures.ts';
import { loginOf, targetOf } from '#/login.ts';

/**
 * Makes a further schema that belongs to a service's role, for tables of a library that are not to stand among the service's own. The role
 * itself may make none. The service's database has been opened before.
 */
export async function makeFurtherSchema(adminUrl: string, service: string, schema: string): Promise<void> {
  const { role } = loginOf(adminUrl, service);
  const { user, database } = targetOf(adminUrl);
  const admin = new Client({ connectionString: adminUrl, application_name: 'mlab provision', connectionTimeoutMillis: 10_000 });
  admin.on('error', () => undefined);
  await admin.connect();
  try {
    // Held until the connection ends: "if not exists" alone does not keep two that begin together apart.
    await admin.query("SELECT pg_advisory_lock(hashtextextended('mlab provision', 0))");
    await admin.query(`CREATE SCHEMA IF NOT EXISTS ${escapeIdentifier(schema)} AUTHORIZATION ${escapeIdentifier(role)}`);
  } catch (error) {
    if (sqlState(error) !== '42501') throw error;
    const grant = `GRANT CREATE ON DATABASE ${escapeIdentifier(database)} TO ${escapeIdentifier(user)}`;
    throw new Error(`The login ${user} of DATABASE_URL may not make the schema ${schema} for ${role}. Grant it: ${grant};`, {
      cause: error,
    });
  } finally {
    await admin.end();
  }
}
