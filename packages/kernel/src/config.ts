import { Compile, Value, type TSchema } from '@mlab/schema';
import type { Schema } from '#/contract.ts';

type Env = Readonly<Record<string, string | undefined>>;

interface FieldSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  /** A name of its own for the variable, where the world already has one. */
  readonly env?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly { readonly const?: unknown }[];
  readonly properties?: Readonly<Record<string, FieldSchema>>;
}

/** One setting as people see it. */
export interface Setting {
  readonly variable: string;
  readonly path: readonly string[];
  readonly takes: string;
  readonly default: unknown;
  readonly description: string;
  readonly schema: FieldSchema;
}

/** The settings of a configuration schema: `deadlineMs` of `gateway` is `MLAB_GATEWAY_DEADLINE_MS`. */
export function settingsOf(owner: string, schema: { readonly json: object }): readonly Setting[] {
  return collect(owner, [], schema.json);
}

function collect(owner: string, path: readonly string[], { properties = {} }: FieldSchema): readonly Setting[] {
  return Object.entries(properties).flatMap(([name, field]): readonly Setting[] => {
    const here = [...path, name];
    if (field.properties !== undefined) return collect(owner, here, field);
    const variable = field.env ?? variableOf(owner, ...here);
    return [{ variable, path: here, takes: takes(field), default: field.default, description: field.description ?? '', schema: field }];
  });
}

/** The environment variable of a setting: `MLAB_FEATURE_STORE_PORT` of `feature-store` and `port`. */
export const variableOf = (...names: readonly string[]): string =>
  ['mlab', ...names]
    .map((name) => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replaceAll('-', '_'))
    .join('_')
    .toUpperCase();

function takes({ type, anyOf, enum: values }: FieldSchema): string {
  const choices = values ?? anyOf?.map((choice) => choice.const);
  if (choices !== undefined) return choices.map(String).join(' | ');
  return type === 'integer' ? 'an integer' : type === 'number' ? 'a number' : type === 'boolean' ? 'true or false' : 'text';
}

/**
 * A service's configuration from the environment: defaults filled in, every value of the type that the schema says.
 * Throws a sentence that names the variable, what it takes and what it has; also for a variable that nothing reads.
 */
export function readConfig<T>(owner: string, schema: Schema<T>, env: Env, reserved: readonly string[] = []): T {
  const settings = settingsOf(owner, schema);
  const given: Record<string, unknown> = {};
  for (const setting of settings) {
    const text = env[setting.variable];
    if (text === undefined || text === '') continue;
    const value = Value.Convert(setting.schema as TSchema, text);
    if (!Compile(setting.schema as TSchema).Check(value))
      throw new Error(`${setting.variable} is "${text}"; it takes ${expectation(setting)}.`);
    put(given, setting.path, value);
  }
  const prefix = variableOf(owner, '');
  const known = new Set([...settings.map(({ variable }) => variable), ...reserved.map((name) => prefix + name)]);
  const stranger = Object.keys(env).find((name) => name.startsWith(prefix) && !known.has(name));
  if (stranger !== undefined) throw new Error(`${stranger} is not a setting; ${owner} has ${[...known].join(', ')}.`);
  return Value.Default(schema.json, given) as T;
}

function expectation({ takes: kind, schema, description }: Setting): string {
  const { minimum, maximum } = schema as { minimum?: number; maximum?: number };
  const range = [minimum === undefined ? '' : ` of at least ${minimum}`, maximum === undefined ? '' : ` of at most ${maximum}`].join('');
  return `${kind}${range} (${description.charAt(0).toLowerCase()}${description.slice(1)})`;
}

function put(target: Record<string, unknown>, [first = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) target[first] = value;
  else put((target[first] ??= {}) as Record<string, unknown>, rest, value);
}
