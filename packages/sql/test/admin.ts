import { Client } from 'pg';

export interface Admin extends AsyncDisposable {
  run(statement: string): Promise<readonly Record<string, unknown>[]>;
}

/** A connection with the login of the database's owner. */
export async function connect(url: string): Promise<Admin> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return {
    run: async (statement) => (await client.query<Record<string, unknown>>(statement)).rows,
    [Symbol.asyncDispose]: () => client.end(),
  };
}
