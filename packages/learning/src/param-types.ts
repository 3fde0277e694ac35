/*
 * What of TypeBox's `Type` hyperparameters need, with the JSON Schema that TypeBox makes of it. TypeBox itself is some hundred files: to load
 * them took each thread that trains, and each process, longer than many a training.
 */

/** `T` is what the schema takes. */
export interface ParamType<T> {
  readonly json: Json;
  readonly '~type'?: T;
}

export type Static<S> = S extends ParamType<infer T> ? T : never;

/** The keywords of JSON Schema that are used here; `checkParam` knows each. */
export interface Json {
  readonly type?: 'integer' | 'number' | 'string' | 'boolean' | 'array' | 'object';
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Json[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly pattern?: string;
  readonly items?: Json;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly patternProperties?: Readonly<Record<string, Json>>;
  readonly properties?: Readonly<Record<string, Json>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly title?: string;
  readonly default?: unknown;
  readonly description?: string;
}

type Options = Omit<Json, 'type' | 'const' | 'anyOf'>;
type Fields = Readonly<Record<string, ParamType<unknown>>>;

const made = <T>(json: Json): ParamType<T> => ({ json });

export const Type = {
  Integer: (options: Options = {}) => made<number>({ type: 'integer', ...options }),
  Number: (options: Options = {}) => made<number>({ type: 'number', ...options }),
  String: (options: Options = {}) => made<string>({ type: 'string', ...options }),
  Boolean: (options: Options = {}) => made<boolean>({ type: 'boolean', ...options }),
  Literal: <const V extends string | number>(value: V) => made<V>({ type: typeof value as 'string' | 'number', const: value }),
  /** Of some texts. */
  Choice: <const V extends string>(values: readonly V[], options: Options = {}) => made<V>({ type: 'string', enum: values, ...options }),
  Union: <const S extends readonly ParamType<unknown>[]>(types: S, options: Options = {}) =>
    made<Static<S[number]>>({ anyOf: types.map(({ json }) => json), ...options }),
  Array: <T>({ json }: ParamType<T>, options: Options = {}) => made<T[]>({ type: 'array', items: json, ...options }),
  /** Of any names. */
  Record: <T>({ json }: ParamType<T>, options: Options = {}) =>
    made<Record<string, T>>({ type: 'object', patternProperties: { '^.*$': json }, ...options }),
  Object: <F extends Fields>(fields: F, options: Options = {}) =>
    made<{ -readonly [K in keyof F]: Static<F[K]> }>({
      type: 'object',
      required: Object.keys(fields),
      properties: Object.fromEntries(Object.entries(fields).map(([name, { json }]) => [name, json])),
      ...options,
    }),
};
