import { Client } from 'pg';
import { unavailable } from '#/failures.ts';

interface Connection {
  readonly url: string;
  readonly service: string;
  /** Shown in the list of connections. */
  readonly purpose: string;
}

/** Runs `work` on a connection of its own, outside of any pool. Answers take as long as they take; connecting may take ten seconds. */
export async function withClient<T>({ url, service, purpose }: Connection, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({
    connectionString: url,
    application_name: `mlab ${service} ${purpose}`,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
  });
  // Its statement fails too when the connection is lost, and that one is awaited.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw unavailable(service, error);
  }
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
