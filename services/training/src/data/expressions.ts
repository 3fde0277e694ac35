import type { ColumnOverride } from '#/data/dataset.ts';
import { literal } from '#/data/duck.ts';
import { TIME_FORMATS } from '#/data/guess-type.ts';

/** What a column is in DuckDB, as far as it matters here. */
export type Held = 'number' | 'boolean' | 'time' | 'text' | 'json' | 'nested';
export type Kind = 'number' | 'boolean' | 'time' | 'text';

export function heldOf(type: string): Held {
  if (/^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\))$/.test(type)) return 'number';
  if (type === 'BOOLEAN') return 'boolean';
  if (type === 'DATE' || type.startsWith('TIMESTAMP')) return 'time';
  if (type === 'JSON') return 'json';
  return /[[(]|^BLOB$|^BIT$|^NULL$|^"NULL"$|^GEOMETRY|^VARIANT/.test(type) && !type.startsWith('ENUM(') ? 'nested' : 'text';
}

/** The value of a column as `kind`, null where there is none or it is none: doubles for all but text. */
export function valueOf(
  column: string,
  { held, kind, override }: { held: Held; kind: Kind; override: ColumnOverride | undefined },
): string {
  const plain = presentOf(column, { held, override });
  if (kind === 'text') return `CAST(${plain} AS VARCHAR)`;
  if (held === 'text' || held === 'json') return ofText(plain, kind, override?.decimalComma === true);
  if (kind === 'time' && held === 'time') return `CAST(epoch_us(${plain}) AS DOUBLE) / 1000`;
  if (kind === 'boolean' && held !== 'boolean')
    return held === 'number' ? `CASE ${plain} WHEN 1 THEN 1.0::DOUBLE WHEN 0 THEN 0.0::DOUBLE END` : 'NULL::DOUBLE';
  return held === 'time' ? `CAST(epoch_us(${plain}) AS DOUBLE) / 1000` : `CAST(${plain} AS DOUBLE)`;
}

/** Null where the column has no value, or what the override takes for none. */
export function presentOf(column: string, { held, override }: { held: Held; override: ColumnOverride | undefined }): string {
  const text = held === 'json' ? `(${column}->>'$')` : column;
  const missing = override?.missing ?? [];
  if (missing.length === 0) return text;
  return `CASE WHEN CAST(${text} AS VARCHAR) IN (${missing.map(literal).join(', ')}) THEN NULL ELSE ${text} END`;
}

function ofText(text: string, kind: Exclude<Kind, 'text'>, decimalComma: boolean): string {
  if (kind === 'number') return `TRY_CAST(${decimalComma ? `replace(replace(${text}, '.', ''), ',', '.')` : text} AS DOUBLE)`;
  // With a time zone of its own, or in UTC.
  if (kind === 'time') {
    const formats = TIME_FORMATS.map(literal).join(', ');
    return `CAST(coalesce(epoch_us(TRY_CAST(${text} AS TIMESTAMPTZ)), epoch_us(try_strptime(${text}, [${formats}]))) AS DOUBLE) / 1000`;
  }
  return `CASE WHEN lower(trim(${text})) IN ('true', 't', 'yes', 'y', '1') THEN 1.0::DOUBLE WHEN lower(trim(${text})) IN ('false', 'f', 'no', 'n', '0') THEN 0.0::DOUBLE END`;
}
