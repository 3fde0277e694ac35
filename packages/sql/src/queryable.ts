import type { Queryable, Sql } from '@mlab/kernel';
import type { QueryResult } from 'pg';
import { failure } from '#/failures.ts';
import { mapRow } from '#/row.ts';
import type { Query } from '#/session.ts';
import { statementOf } from '#/sql.ts';

/** Told of every statement: when it was asked for, on the clock of `performance.now()`, and how it failed if it did. */
export type Observe = (started: number, error: Error | undefined) => void;

export interface Observed {
  readonly service: string;
  readonly observe: Observe;
}

/** Runs what asks the database for something, counts it, and makes its error one that callers may see or the log explains. */
export async function observed<T>({ service, observe }: Observed, query: Query, send: (query: Query) => Promise<T>): Promise<T> {
  const started = performance.now();
  try {
    const result = await send(query);
    observe(started, undefined);
    return result;
  } catch (error) {
    const failed = failure(error, service, query.text);
    observe(started, failed);
    throw failed;
  }
}

/** The three ways to ask, over whatever sends one statement. */
export function queryable(options: Observed, send: (query: Query) => Promise<QueryResult>): Queryable {
  const ask = async (statement: Sql): Promise<QueryResult> => await observed(options, statementOf(statement), send);
  return {
    all: async (statement, map) => (await ask(statement)).rows.map((row) => mapRow(map, row)),
    first: async (statement, map) => {
      const [row] = (await ask(statement)).rows;
      return row === undefined ? undefined : mapRow(map, row);
    },
    run: async (statement) => (await ask(statement)).rowCount ?? 0,
  };
}
