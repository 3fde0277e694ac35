import type { Schema } from '@mlab/kernel';
import { AppError } from '@mlab/kernel/errors';
import { Value, type Static, type TSchema } from '@mlab/schema';
import { inWords, issuesOf } from '@mlab/schema/issues';
import type { Trainer } from '#/trainer.ts';

/** A schema of hyperparameters. The same as the kernel's `schema`, without loading a web server into each thread that trains. */
export const paramsOf = <S extends TSchema>(json: S): Schema<Static<S>> => ({ json });

/** What came, with the defaults of what did not. A name that the trainer does not have, or a value that it does not take, is refused. */
export function readParams<P>({ name, params }: Pick<Trainer<P>, 'name' | 'params'>, given: unknown): P {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new AppError('invalid', `The params of ${name} have to be an object, got ${shown(given)}.`);
  }
  const known = Object.keys((params.json as { properties?: object }).properties ?? {});
  const stranger = Object.keys(given).find((key) => !known.includes(key));
  if (stranger !== undefined) {
    throw new AppError('invalid', `${name} has no parameter ${JSON.stringify(stranger)}; it has ${known.join(', ')}.`);
  }
  const complete = Value.Default(params.json, structuredClone(given));
  const [issue] = issuesOf(Value.Errors(params.json, complete), complete);
  if (issue === undefined) return complete as P;
  throw new AppError('invalid', `${[name, ...issue.loc].join('.')} ${inWords(issue)}.`);
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 80);
