import { randomBytes } from 'node:crypto';
import type { Logger } from '@mlab/telemetry';
import { escapeIdentifier } from 'pg';
import { loginOf, targetOf } from '#/login.ts';
import { provision } from '#/provision.ts';
import { createDatabase, dropDatabase, rolesOf, urlOf, withAdmin, type TestServer } from '#/test-server.ts';

/** What is done in a database before a test gets it. It leaves no connection open. */
export type Preparation = (url: string) => Promise<void>;

/** Each preparation's own database, once it is wanted; undefined where it cannot be copied. */
const templates = new Map<Preparation, Promise<string | undefined>>();

export const newTestName = (): string => `mlab_test_${randomBytes(6).toString('hex')}`;

/**
 * Makes a database in which all is as after `prepare`. That runs once in a process, and what it made is copied from then on, since to make
 * all tables and roles of a service takes PostgreSQL several times as long.
 */
export async function createPrepared(server: TestServer, name: string, prepare: Preparation, log: Logger): Promise<void> {
  const made = server.stays ? (templates.get(prepare) ?? makeTemplate(server, prepare)) : undefined;
  if (made !== undefined) templates.set(prepare, made);
  const template = await made;
  await createDatabase(server, name, template);
  if (template === undefined) await prepare(urlOf(server, name));
  else await handOver(urlOf(server, name), template, log);
}

async function makeTemplate(server: TestServer, prepare: Preparation): Promise<string | undefined> {
  // Only who may do everything may make a role the owner of what is another's.
  if (!(await isSuperuser(server))) return undefined;
  const name = newTestName();
  await createDatabase(server, name);
  process.once('beforeExit', () => void dropDatabase(server, name));
  await prepare(urlOf(server, name));
  return name;
}

async function isSuperuser({ url }: TestServer): Promise<boolean> {
  let answer = false;
  await withAdmin(url, async (ask) => {
    answer = (await ask('SELECT rolsuper FROM pg_roles WHERE rolname = current_user'))[0]?.['rolsuper'] === true;
  });
  return answer;
}

/** A role carries the name of its database: in the copy all belongs to roles of the copy's own. */
async function handOver(url: string, template: string, log: Logger): Promise<void> {
  await withAdmin(url, async (ask, admin) => {
    for (const role of await rolesOf(ask, template)) {
      const login = loginOf(url, role.slice(template.length + 1));
      const own = escapeIdentifier(login.role);
      await ask(`CREATE ROLE ${own}; REASSIGN OWNED BY ${escapeIdentifier(role)} TO ${own}`);
      await provision(admin, targetOf(url), login, log);
    }
  });
}
