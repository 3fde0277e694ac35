import type { Columns, CompiledModel } from '@mlab/onnx';
import { RowReader } from '#/domain/read-rows.ts';
import type { Row } from '#/domain/row.ts';

interface ColumnProfile {
  readonly kind: string;
  readonly name: string;
  readonly count: number;
  readonly missing: number;
  readonly mean?: number | null;
  readonly quantiles?: readonly number[];
  readonly top?: readonly { readonly word: string; readonly count: number }[];
  readonly other?: number;
}

/** A value of a field, and in which share of the training rows it was. */
interface Share {
  readonly value: unknown;
  readonly share: number;
}

/** A text that no model has among its categories. */
const ELSE = '\u0000';

/**
 * The means of features over the training rows, as far as `profile.json` tells them: of a number the mean, of a text its frequent words,
 * of a time its quantiles, and how often each was missing.
 */
export function meansOf(
  profile: unknown,
  { reader, features, origins }: { readonly reader: RowReader; readonly features: CompiledModel; readonly origins: readonly number[] },
): Float64Array {
  const columns = (profile as { columns?: readonly ColumnProfile[] } | undefined)?.columns ?? [];
  const byName = new Map(columns.map((column) => [column.name, column]));
  const means = new Float64Array(origins.length);
  reader.fields.forEach(({ name }, field) => {
    const own = origins.flatMap((origin, feature) => (origin === field ? [feature] : []));
    const shares = sharesOf(byName.get(name));
    if (own.length === 0 || shares.length === 0) return;
    // Other fields are unknown: a feature of this one does not look at them.
    const rows: Row[] = shares.map(({ value }) => Object.fromEntries([[name, value]]));
    const values = scored(features, reader.read(rows).columns);
    for (const feature of own) {
      shares.forEach(({ share }, row) => {
        means[feature] = (means[feature] as number) + share * (values[row * origins.length + feature] as number);
      });
    }
  });
  return means;
}

const scored = (features: CompiledModel, columns: Columns): ArrayLike<number> =>
  Object.values(features.score(columns))[0]?.data as unknown as ArrayLike<number>;

function sharesOf(column: ColumnProfile | undefined): readonly Share[] {
  if (column === undefined || !(column.count > 0)) return [];
  const { count, missing, kind } = column;
  const there = count - missing;
  const unknown: Share[] = missing > 0 ? [{ value: null, share: missing / count }] : [];
  if (kind === 'text') {
    const top = (column.top ?? []).map(({ word, count: of }) => ({ value: word, share: of / count }));
    return [...unknown, ...top, ...((column.other ?? 0) > 0 ? [{ value: ELSE, share: (column.other ?? 0) / count }] : [])];
  }
  const values = kind === 'time' ? (column.quantiles ?? []) : typeof column.mean === 'number' ? [column.mean] : [];
  return [...unknown, ...values.map((value) => ({ value, share: there / count / values.length }))];
}
