export { openDatabase, type DatabaseOptions, type OpenedService, type SystemMigrations } from '#/database.ts';
export { makeFurtherSchema } from '#/further-schema.ts';
export { isForeignKeyViolation, isInvalidPattern, isUniqueViolation } from '#/failures.ts';
export { openListener, type ListenerOptions } from '#/listener.ts';
export { loginOf, type Login } from '#/login.ts';
export type { PoolSettings } from '#/pool.ts';
export { bigint, boolean, bytes, integer, json, listOf, nullable, number, oneOf, text, timestamp } from '#/row.ts';
export { identifier, join, jsonb, sql, unnest, verbatim } from '#/sql.ts';
export type { SqlValue } from '#/wire-value.ts';
