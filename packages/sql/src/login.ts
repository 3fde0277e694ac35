import { createHash, createHmac } from 'node:crypto';
import { Client } from 'pg';

/** A service's own place in the database: a schema, and the one role that may use it. */
export interface Login {
  readonly schema: string;
  readonly role: string;
  readonly password: string;
  /** To connect as that role. */
  readonly url: string;
}

/** Where `DATABASE_URL` leads, without what is secret in it. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password: string | undefined;
}

export function targetOf(url: string): Target {
  if (!/^postgres(ql)?:\/\//.test(url)) throw new Error(EXPECTED);
  try {
    const { host, port, user, database, password } = new Client({ connectionString: url });
    return { host, port, user: user ?? '', database: database ?? '', password };
  } catch {
    // Without the cause, which may quote the URL and with it the password.
    throw new Error(EXPECTED);
  }
}

const EXPECTED = 'DATABASE_URL is not the URL of a PostgreSQL database: expected postgres://user:password@host:5432/database.';

/**
 * The same in every process that is given the same `DATABASE_URL`, so nothing has to be told or kept. The role carries the name of its
 * database, because roles belong to the whole server and two databases on it must not share one.
 */
export function loginOf(adminUrl: string, service: string): Login {
  const target = targetOf(adminUrl);
  const schema = named(service.replaceAll('-', '_'));
  const role = named(`${target.database}_${schema}`);
  const password = createHmac('sha256', target.password ?? adminUrl)
    .update(`mlab role ${role}`)
    .digest('base64url');
  return { schema, role, password, url: withLogin(adminUrl, role, password) };
}

/** PostgreSQL cuts names at 63 bytes without a word; a long one keeps a hash of the rest instead. */
function named(name: string): string {
  if (Buffer.byteLength(name) <= 63) return name;
  return `${Buffer.from(name)
    .subarray(0, 46)
    .toString()
    .replace(/\uFFFD+$/, '')}_${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}

function withLogin(adminUrl: string, role: string, password: string): string {
  const url = new URL(adminUrl);
  url.searchParams.delete('user');
  url.searchParams.delete('password');
  if (url.host === '') {
    // A socket in a folder, `postgres:///database?host=/run/postgresql`: there is no place for a name before the host.
    url.searchParams.set('user', role);
    url.searchParams.set('password', password);
  } else {
    url.username = encodeURIComponent(role);
    url.password = encodeURIComponent(password);
  }
  return url.href;
}
