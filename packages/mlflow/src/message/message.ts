import type { ForeignRequest } from '@mlab/kernel';
import { Fault } from './fault.ts';
import type { Field } from './field.ts';
import { readBody } from './read-body.ts';
import { readQuery } from './read-query.ts';

/** The fields of a message, by their names. It is itself a field, so messages nest. */
export interface Message<T> extends Field<T> {
  readonly fields: Readonly<Record<string, Field<unknown>>>;
}

// oxlint-disable-next-line typescript/no-explicit-any -- a constraint that any message fulfils
type AnyMessage = Message<any>;

/** What a message is when it is read. */
export type MessageOf<M extends AnyMessage> = M extends Message<infer T> ? Exclude<T, undefined> : never;

type Fields = Readonly<Record<string, Field<unknown>>>;

type Read<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/**
 * A message of MLflow's protocol as data: `message({ run_id: text({ required: true }), step: int64() })`. Unknown fields are ignored, and
 * every field may also come under its name in camel case, as in protobuf's JSON.
 */
export function message<const F extends Fields>(fields: F): Message<Read<F> | undefined>;
export function message<const F extends Fields>(fields: F, options: { readonly required: true }): Message<Read<F>>;
export function message<const F extends Fields>(
  fields: F,
  { required = false }: { readonly required?: boolean } = {},
): Message<Read<F> | undefined> {
  return { kind: 'message', fields, required, absent: undefined, legacy: undefined, read: compile(fields) as (value: unknown) => Read<F> };
}

interface Step {
  readonly name: string;
  readonly camel: string | undefined;
  readonly legacy: string | undefined;
  readonly required: boolean;
  readonly read: (value: unknown) => unknown;
}

type Input = Readonly<Record<string, unknown>>;

/** The reader of a message. Its results all have one shape, which begins as a copy: that is what makes it fast. */
function compile(fields: Fields): (value: unknown) => unknown {
  const steps = Object.entries(fields).map(([name, field]): Step => {
    // Every object has a `constructor`, also one that nobody sent.
    if (name in Object.prototype) throw new Error(`A field cannot be called ${name}.`);
    const camel = name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    const { read, required, legacy } = field;
    return { name, camel: camel === name ? undefined : camel, legacy, required, read };
  });
  const blank = Object.fromEntries(Object.entries(fields).map(([name, { absent }]) => [name, absent]));

  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw Fault.wrong(value);
    const input = value as Input;
    const result: Record<string, unknown> = { ...blank };
    let at = 0;
    try {
      for (; at < steps.length; at++) {
        const step = steps[at] as Step;
        let found = input[step.name];
        if (step.camel !== undefined) {
          const other = input[step.camel];
          if (other !== undefined) found = onlyOne(step, found, other);
        }
        if (step.legacy !== undefined) found ??= input[step.legacy];
        if (found === undefined || found === null) {
          if (step.required) throw Fault.missing();
        } else if (step.required && found === '') {
          throw Fault.missing();
        } else {
          result[step.name] = step.read(found);
        }
      }
    } catch (error) {
      throw error instanceof Fault ? error.within((steps[at] as Step).name) : error;
    }
    return result;
  };
}

function onlyOne({ name, camel }: Step, found: unknown, other: unknown): unknown {
  if (found === undefined) return other;
  throw Fault.wrong(other, `Request specifies both '${name}' and '${camel}'; provide only one of them.`);
}

/** Reads a request: the query of a GET, the JSON body of all else, and the query of that when there is no body. Throws INVALID_PARAMETER_VALUE. */
export function readMessage<T>(message: Message<T>, request: ForeignRequest): Exclude<T, undefined> {
  const fromQuery = request.method === 'GET' ? request.query !== '' || request.body.length === 0 : request.body.length === 0;
  try {
    const input = fromQuery ? readQuery(message.fields, request) : readBody(request);
    return message.read(input) as Exclude<T, undefined>;
  } catch (error) {
    throw error instanceof Fault ? error.toError() : error;
  }
}
