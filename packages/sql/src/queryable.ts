import type { Queryable, Sql } from '@mlab/kernel';
import type { QueryResult } from 'pg';
import { failure } from '#/failures.ts';
import { mapRow } from '#/row.ts';
import type { Query } from '#/session.ts';
import { statementOf } from '#/sql.ts';

/** Told of every statement: when it was asked for, on the clock of `performance.now()`, and how it failed if it did. */
export type Observe = (started: number, error: Error | undefined) => void;

export interface QueryableOptions {
  readonly service: string;
  readonly observe: Observe;
}

/** The three ways to ask, over whatever sends one statement. */
export function queryable({ service, observe }: QueryableOptions, send: (query: Query) => Promise<QueryResult>): Queryable {
  async function ask(statement: Sql): Promise<QueryResult> {
    const started = performance.now();
    try {
      const result = await send(statementOf(statement));
      observe(started, undefined);
      return result;
    } catch (error) {
      const failed = failure(error, service);
      observe(started, failed);
      throw failed;
    }
  }
  return {
    all: async (statement, map) => (await ask(statement)).rows.map((row) => mapRow(map, row)),
    first: async (statement, map) => {
      const [row] = (await ask(statement)).rows;
      return row === undefined ? undefined : mapRow(map, row);
    },
    run: async (statement) => (await ask(statement)).rowCount ?? 0,
  };
}
