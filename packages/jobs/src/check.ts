import { AppError, type AnySchema, type Issue } from '@mlab/kernel';
import { Compile, Value } from '@mlab/schema';

/** The value as JSON carries it, with its defaults filled in; throws `invalid` when it is not what the schema says. */
export type CheckValue = (value: unknown) => unknown;

/** `what` begins the sentence and `place` the path of each issue: `The input of the job train`, `input`. */
export function openCheck(what: string, place: string, { json }: AnySchema): CheckValue {
  const validator = Compile(json);
  return (value) => {
    const complete = Value.Default(json, read(value, what, place));
    if (validator.Check(complete)) return complete;
    const issues = validator.Errors(complete).map((error): Issue => {
      const at = error.instancePath.split('/').slice(1);
      return { type: error.keyword, loc: [place, ...at], msg: error.message, input: valueAt(complete, at) };
    });
    const [first] = issues;
    const detail = first === undefined ? '' : `: ${first.loc.join('.')} ${first.msg}, got ${brief(first.input)}`;
    throw new AppError('invalid', `${what} is not what it takes${detail}.`, { issues });
  };
}

function read(value: unknown, what: string, place: string): unknown {
  try {
    return asJson(value);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const issues = [{ type: 'json', loc: [place], msg: 'must be something that JSON can carry', input: undefined }];
    throw new AppError('invalid', `${what} cannot be written as JSON: ${why}.`, { issues, cause: error });
  }
}

/** What a `jsonb` column cannot hold: the character U+0000, and halves of surrogate pairs, which are no Unicode text. */
const ESCAPES = /\\u(?:0000|d[89a-f])/i;

function asJson(value: unknown): unknown {
  const text = JSON.stringify(value) ?? 'null';
  return ESCAPES.test(text) ? JSON.parse(text, refuseUnstorable) : JSON.parse(text);
}

function refuseUnstorable(key: string, value: unknown): unknown {
  for (const text of [key, value])
    if (typeof text === 'string' && (text.includes('\0') || !text.isWellFormed()))
      throw new Error(`${JSON.stringify(text)} holds a character that cannot be kept`);
  return value;
}

const BRIEF = 80;

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > BRIEF ? `${text.slice(0, BRIEF)}…` : text;
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | null | undefined)?.[key], value);
}
