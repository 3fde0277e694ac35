import type { AnyOperation } from '../../contract.ts';
import { AppError, type Issue } from '../../errors.ts';
import { inputProperties, pathParameters, type InputReader } from '../wire.ts';
import { compileModel, type Model } from './model.ts';
import { invalid, readRequest } from './read-request.ts';

type Values = Readonly<Record<string, unknown>>;

const NO_FIELDS = Buffer.from('{}');

/** The input of an operation that has some of it in its path and all else in its body. What is wrong in either is told together. */
export function bodyAndPathReader(operation: AnyOperation): InputReader {
  const { properties, required } = inputProperties(operation);
  const inPath = new Set(pathParameters(operation.path));
  const part = (isOfPath: boolean): Model<Values> => {
    const names = Object.keys(properties).filter((name) => inPath.has(name) === isOfPath);
    const own = Object.fromEntries(names.map((name) => [name, properties[name]]));
    return compileModel<Values>({ type: 'object', properties: own, required: names.filter((name) => required.includes(name)) });
  };
  const [ofPath, ofBody] = [part(true), part(false)];
  const mayBeEmpty = required.every((name) => inPath.has(name));
  const read = (params: Values, body: Values | AppError): Values => {
    const path = ofPath(params, ['path']);
    const issues: readonly Issue[] = 'issues' in path ? path.issues : [];
    if (body instanceof AppError) throw body.issues === undefined ? body : invalid([...issues, ...body.issues]);
    if ('issues' in path) throw invalid(issues);
    return { ...body, ...path.value };
  };
  return {
    read: ({ params, body, contentType }) => {
      const isAbsent = body.length === 0 && mayBeEmpty;
      const result = isAbsent ? readRequest(NO_FIELDS, 'application/json', ofBody) : readRequest(body, contentType, ofBody);
      return read(params, result instanceof AppError ? result : result.value);
    },
    check: (value) => {
      const given = (value ?? {}) as Values;
      const result = ofBody(given, ['body']);
      return read(given, 'issues' in result ? invalid(result.issues) : result.value);
    },
  };
}
