import { AppError } from '@mlab/kernel';
import type { Order } from './filter.ts';

/** Which keys may be ordered by. */
export interface OrderGrammar {
  readonly title: string;
  /** The order when none is asked for. */
  readonly defaults: readonly Order[];
  /** What decides between equals; it stands behind what was asked for, without what is already in it. */
  readonly ties: readonly Order[];
}

/** The whole order: what was asked for, or the default, and then what decides between equals. Throws INVALID_PARAMETER_VALUE. */
export function parseOrderBy(grammar: OrderGrammar, _clauses: readonly string[]): readonly Order[] {
  throw new AppError('not_implemented', `Orders of ${grammar.title} cannot be read yet.`);
}
