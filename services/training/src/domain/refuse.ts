import { AppError } from '@mlab/kernel';

const BRIEF = 80;

/** What is wrong with a field of a question, as an error that names it. */
export function wrongField(field: string, expected: string, given?: unknown): AppError {
  const text = given === undefined ? undefined : JSON.stringify(given);
  const got = text === undefined ? '' : `, got ${text.length > BRIEF ? `${text.slice(0, BRIEF)}…` : text}`;
  return new AppError('invalid', `${field} ${expected}${got}.`, {
    issues: [{ type: 'value', loc: ['body', ...field.split('.')], msg: expected, input: given ?? null }],
  });
}

export const absent = (what: string, id: string): AppError => new AppError('not_found', `There is no ${what} ${id.slice(0, BRIEF)}.`);
