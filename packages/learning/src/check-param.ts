import type { Json } from '#/param-types.ts';

/** What a value is not, and where within it. */
export interface ParamIssue {
  readonly path: readonly string[];
  readonly message: string;
  readonly value: unknown;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const IS: Readonly<Record<NonNullable<Json['type']>, (value: unknown) => boolean>> = {
  integer: Number.isInteger,
  number: Number.isFinite,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  array: Array.isArray,
  object: isObject,
};

/** The first thing in which the value is not what the schema says; undefined where there is none. */
export function checkParam(schema: Json, value: unknown, path: readonly string[] = []): ParamIssue | undefined {
  const message = messageOf(schema, value);
  if (message !== undefined) return { path, message, value };
  if (typeof value !== 'object' || value === null) return undefined;
  const { items, properties = {}, patternProperties = {} } = schema;
  const [any = items] = Object.values(patternProperties);
  for (const [name, one] of Object.entries(value)) {
    const own = Object.hasOwn(properties, name) ? properties[name] : any;
    const issue = own && checkParam(own, one, [...path, name]);
    if (issue !== undefined) return issue;
  }
  return undefined;
}

function messageOf({ type, const: only, enum: options, anyOf, ...bounds }: Json, value: unknown): string | undefined {
  if (anyOf !== undefined) {
    const issues = anyOf.map((one) => checkParam(one, value));
    return issues.includes(undefined) ? undefined : issues.map((issue) => issue?.message).join(', or ');
  }
  if (type !== undefined && !IS[type](value)) return `must be ${only === undefined ? type : JSON.stringify(only)}`;
  if (only !== undefined && value !== only) return `must be ${JSON.stringify(only)}`;
  if (options?.includes(value) === false) return `must be one of ${options.join(', ')}`;
  if (typeof value === 'number') return boundOf(bounds, value);
  if (typeof value === 'string' && bounds.pattern !== undefined && !new RegExp(bounds.pattern, 'u').test(value))
    return `must match ${bounds.pattern}`;
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY, required = [] } = bounds;
  if (Array.isArray(value) && (value.length < minItems || value.length > maxItems)) return `must have ${minItems} to ${maxItems} items`;
  const missing = isObject(value) ? required.find((name) => !Object.hasOwn(value, name)) : undefined;
  return missing === undefined ? undefined : `must have ${missing}`;
}

function boundOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Json, value: number): string | undefined {
  if (minimum !== undefined && value < minimum) return `must be >= ${minimum}`;
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) return `must be > ${exclusiveMinimum}`;
  if (maximum !== undefined && value > maximum) return `must be <= ${maximum}`;
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum) return `must be < ${exclusiveMaximum}`;
  return undefined;
}
