import { AppError, type AnySchema } from '@mlab/kernel';
import { Compile, Value } from '@mlab/schema';
import { inWords, issuesOf } from '@mlab/schema/issues';

/** The value as JSON carries it, with its defaults filled in; throws `invalid` when it is not what the schema says. */
export type CheckValue = (value: unknown) => unknown;

/** `what` begins the sentence and `place` the path of each issue: `The input of the job train`, `input`. */
export function openCheck(what: string, place: string, { json }: AnySchema): CheckValue {
  const validator = Compile(json);
  return (value) => {
    const complete = Value.Default(json, read(value, what, place));
    if (validator.Check(complete)) return complete;
    const issues = issuesOf(validator.Errors(complete), complete).map((issue) => ({ ...issue, loc: [place, ...issue.loc] }));
    const [first] = issues.map((issue) => `: ${issue.loc.join('.')} ${inWords(issue)}`);
    throw new AppError('invalid', `${what} is not what it takes${first ?? ''}.`, { issues });
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
