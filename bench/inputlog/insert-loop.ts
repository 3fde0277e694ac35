/** The limit: rows committed by one client that does nothing but insert, `ROWS` at a time, each statement its own transaction. */
import { Client } from 'pg';

export interface InsertLoop {
  readonly perSecond: number;
  /** Milliseconds per statement, median. */
  readonly p50: number;
}

export async function insertLoop(url: string, rows: number, text: string, seconds: number): Promise<InsertLoop> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(
      'CREATE TABLE IF NOT EXISTS bare_input (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL, data bytea NOT NULL)',
    );
    await client.query('TRUNCATE bare_input');
    const data = Array.from({ length: rows }, () => Buffer.from(text));
    const took: number[] = [];
    const began = performance.now();
    while (performance.now() - began < seconds * 1000) {
      const at = performance.now();
      await client.query({
        name: 'insert',
        text: 'INSERT INTO bare_input (at, data) SELECT now(), * FROM unnest($1::bytea[])',
        values: [data],
      });
      took.push(performance.now() - at);
    }
    const elapsed = (performance.now() - began) / 1000;
    return { perSecond: (took.length * rows) / elapsed, p50: took.toSorted((a, b) => a - b)[took.length >> 1] ?? NaN };
  } finally {
    await client.end();
  }
}
