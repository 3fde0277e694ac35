import type { Schema } from '@mlab/kernel';
import { AppError } from '@mlab/kernel/errors';
import { checkParam } from '#/check-param.ts';
import type { Json, ParamType } from '#/param-types.ts';
import type { Trainer } from '#/trainer.ts';

/** A schema of hyperparameters. */
export const paramsOf = <T>({ json }: ParamType<T>): Schema<T> => ({ json });

/** What came, with the defaults of what did not. A name that the trainer does not have, or a value that it does not take, is refused. */
export function readParams<P>({ name, params }: Pick<Trainer<P>, 'name' | 'params'>, given: unknown): P {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new AppError('invalid', `The params of ${name} have to be an object, got ${shown(given)}.`);
  }
  const schema = params.json as Json;
  const { properties = {} } = schema;
  const stranger = Object.keys(given).find((key) => !Object.hasOwn(properties, key));
  if (stranger !== undefined) {
    throw new AppError('invalid', `${name} has no parameter ${JSON.stringify(stranger)}; it has ${Object.keys(properties).join(', ')}.`);
  }
  const own = new Map(Object.entries(given));
  const complete = Object.fromEntries(
    Object.entries(properties).map(([key, field]) => {
      const value = own.get(key);
      return [key, structuredClone(value === undefined ? field.default : value)];
    }),
  );
  const issue = checkParam(schema, complete);
  if (issue === undefined) return complete as P;
  throw new AppError('invalid', `${[name, ...issue.path].join('.')} ${issue.message}, got ${shown(issue.value)}.`);
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 80);
