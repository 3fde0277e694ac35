import type { CallMeta } from '#/call.ts';

/** A statement whose values stand apart from its text. Only the `sql` tag of @mlab/sql makes one, so no value is ever part of the text. */
export interface Sql {
  /** With `$1`, `$2`, … in the values' places. */
  readonly text: string;
  readonly values: readonly unknown[];
}

/** A row as the driver gives it; a mapper makes a value of the domain out of it. */
export type Row = Readonly<Record<string, unknown>>;
export type RowMapper<T> = (row: Row) => T;

/** Where a store sends its statements: the database on behalf of one call, or a transaction. */
export interface Queryable {
  /** All rows, mapped. */
  all<T>(statement: Sql, map: RowMapper<T>): Promise<readonly T[]>;
  /** The first row, mapped, if there is one. */
  first<T>(statement: Sql, map: RowMapper<T>): Promise<T | undefined>;
  /** How many rows it changed. */
  run(statement: Sql): Promise<number>;
}

export interface Transaction extends Queryable {
  /** On whose behalf it runs. */
  readonly call: CallMeta;
  /** Runs `task` when, and only when, the transaction has been committed. */
  afterCommit(task: () => void): void;
}

export interface TransactionOptions {
  /** Default `read committed`. A serialization failure or a deadlock runs the work again, within the call's deadline. */
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
}

/** A service's own schema, under its own role, which may nothing else. */
export interface Database {
  /** Statements on behalf of a call: they end at its deadline, and when its caller goes away. */
  for(call: CallMeta): Queryable;
  /** Commits when `work` resolves, rolls back when it rejects. `work` may run more than once, so it changes nothing but the database. */
  transaction<T>(call: CallMeta, work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
}
