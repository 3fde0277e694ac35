import type { Comparison, Operator, Order } from './filter.ts';

/** What the values of a key are. `integer` takes no fraction, `id` is a whole number written as a text, `either` is a number or a text. */
export type ValueKind = 'number' | 'integer' | 'text' | 'id' | 'either';

/** How the values of a key are written. */
export interface Values {
  readonly value: ValueKind;
  /** Numbers may be quoted. */
  readonly quotedNumbers?: boolean;
  /** Texts need no quotes. */
  readonly bareTexts?: boolean;
}

/** How one key, or every key of an entity, may be compared. */
export interface Column<O extends string = Operator> extends Values {
  readonly operators: readonly O[];
  /** What it is called inside, where that differs from how it is written. */
  readonly entity?: string;
  readonly key?: string;
  /** Refuses a comparison that the rules above let pass, or settles what it means. */
  readonly settle?: (comparison: Comparison<O>) => Comparison<O>;
}

export interface Entity<O extends string = Operator> {
  readonly name: string;
  /** The keys it has. */
  readonly keys?: Readonly<Record<string, Column<O>>>;
  /** What all its other keys are; absent: it has no others. */
  readonly others?: Column<O>;
}

/** Which keys may be compared how, and how they are written. */
export interface FilterGrammar<O extends string = Operator> {
  /** By every word that stands for an entity before the dot of a name. */
  readonly entities: Readonly<Record<string, Entity<O>>>;
  /** What a name without a dot belongs to. */
  readonly bare: Entity<O>;
  /** The entities as MLflow lists them in its messages. */
  readonly listed: string;
  /** Whether keys need no quotes for their slashes and dashes. */
  readonly looseNames?: boolean;
}

/** Which keys may be ordered by. */
export interface OrderGrammar {
  /** By every word that stands for an entity before the dot of a name. */
  readonly entities: Readonly<Record<string, OrderEntity>>;
  readonly bare: OrderEntity;
  readonly listed: string;
  /** The order when none is asked for. */
  readonly defaults: readonly Order[];
  /** What decides between equals; it stands behind what was asked for, without what is already in it. */
  readonly ties: readonly Order[];
  /** Whether MLflow lets a key be named twice; the second one changes nothing. */
  readonly twice?: boolean;
}

interface OrderEntity {
  readonly name: string;
  /** By how a key is written, what it is; `any`: every key is itself. */
  readonly keys: 'any' | Readonly<Record<string, { readonly entity?: string; readonly key: string }>>;
}

export const NUMERIC = ['=', '!=', '>', '>=', '<', '<='] as const satisfies readonly Operator[];
export const TEXTUAL = ['=', '!=', 'LIKE', 'ILIKE'] as const satisfies readonly Operator[];
export const IN = ['IN', 'NOT IN'] as const satisfies readonly Operator[];
export const PRESENCE = ['IS NULL', 'IS NOT NULL'] as const satisfies readonly Operator[];
