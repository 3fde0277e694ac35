import { AppError, type Issue } from '../../errors.ts';
import { mayBeInexact, parseExactly } from './exact-value.ts';
import type { Model } from './model.ts';
import { readJsonBody } from '../json/read-json-body.ts';

const BODY = ['body'] as const;
const MISSING: readonly Issue[] = [{ type: 'missing', loc: BODY, msg: 'Field required', input: null }];

/** Reads the body of a request into a model, or says what FastAPI would say is wrong with it. */
export function readRequest<T>(bytes: Buffer, contentType: string | undefined, model: Model<T>): { readonly value: T } | AppError {
  const reading = readJsonBody(bytes, contentType);
  if (reading.kind === 'malformed') return new AppError('malformed', reading.message);
  if (reading.kind === 'issues') return invalid(reading.issues);
  if (reading.value === undefined || reading.value === null) return invalid(MISSING);
  const result = model(reading.value, BODY);
  return 'value' in result ? result : invalid(withExactInput(result.issues, reading.json, model));
}

/** The issues once more, now with the numbers they echo as exact as they came. */
function withExactInput(issues: readonly Issue[], json: string | undefined, model: Model<unknown>): readonly Issue[] {
  if (json === undefined || !mayBeInexact(json)) return issues;
  const exact = model(parseExactly(json), BODY);
  return 'issues' in exact ? exact.issues : issues;
}

export function invalid(issues: readonly Issue[]): AppError {
  const places = issues.map((issue) => `${issue.loc.join('.')}: ${issue.msg}`);
  return new AppError('invalid', `The request is not what was asked for: ${places.join('; ')}.`, { issues });
}
