/** How two values are compared. */
export type Operator = '=' | '!=' | '>' | '>=' | '<' | '<=' | 'LIKE' | 'ILIKE' | 'IN' | 'NOT IN' | 'IS NULL' | 'IS NOT NULL';

/** Traces may also be searched by regular expressions. */
export type TraceOperator = Operator | 'RLIKE';

export interface Comparison<O extends string = Operator> {
  readonly kind: 'compare';
  /** `metric`, `param`, `tag`, `attribute`, `dataset`; of traces also `metadata`, `span`, `feedback`, `expectation` and `issue`. */
  readonly entity: string;
  readonly key: string;
  readonly operator: O;
  /** A number where the key's values are numbers, texts of `IN` and `NOT IN`, nothing of `IS NULL` and `IS NOT NULL`. */
  readonly value: string | number | readonly string[] | undefined;
}

/** What is looked for. `and` and `or` have two parts or more. */
export type Filter<O extends string = Operator> =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Filter<O>[] }
  | { readonly kind: 'not'; readonly part: Filter<O> }
  | Comparison<O>;

export interface Order {
  readonly entity: string;
  readonly key: string;
  readonly ascending: boolean;
}
