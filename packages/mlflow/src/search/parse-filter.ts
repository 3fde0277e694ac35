import { AppError } from '@mlab/kernel';
import type { Filter, Operator } from './filter.ts';

/** Which keys may be compared how, and how they are written. */
export interface FilterGrammar<O extends string = Operator> {
  readonly title: string;
  readonly '~operator'?: O;
}

/** What a filter asks for; `undefined` when it asks for nothing. Throws INVALID_PARAMETER_VALUE. */
export function parseFilter<O extends string>(grammar: FilterGrammar<O>, _filter: string | undefined): Filter<O> | undefined {
  throw new AppError('not_implemented', `Filters of ${grammar.title} cannot be read yet.`);
}
