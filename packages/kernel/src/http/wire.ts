import type { AnyOperation, AnySchema } from '#/contract.ts';
import type { AppError } from '#/errors.ts';
import type { ForeignRequest, RenderedError } from '#/protocol.ts';

/** What a wire reads of a request. */
export type RawRequest = Pick<ForeignRequest, 'params' | 'query' | 'contentType' | 'body'> & Partial<Pick<ForeignRequest, 'headers'>>;

/** One operation's input: read off the wire, or checked when it came without a wire. Both throw an AppError. */
export interface InputReader {
  read(request: RawRequest): unknown;
  check(value: unknown): unknown;
}

/** A way to write requests and errors. A new one (a foreign protocol's) is a new file beside this one. */
export interface Wire {
  reader(operation: AnyOperation): InputReader;
  renderError(error: AppError): RenderedError;
  /** The error that an answer with this status and body stands for. */
  parseError(status: number, body: unknown): AppError;
  notFound(method: string, path: string): AppError;
  methodNotAllowed(method: string, path: string): AppError;
  /** Whether `/x/` leads to `/x`, and the other way. */
  readonly redirectsSlashes: boolean;
  /** What an OpenAPI document says of an invalid input: the status, and the schemas that its body needs. */
  readonly invalid: {
    readonly status: number;
    readonly contentType: string;
    readonly schema: object;
    readonly schemas: Readonly<Record<string, object>>;
  };
}

/** The names between `:` and `/` of a path. */
export const pathParameters = (path: string): readonly string[] => [...path.matchAll(/:(\w+)/g)].map((match) => match[1] as string);

/** Whether what is not in the path comes by the query. */
export const readsQuery = ({ method, upload }: AnyOperation): boolean => method === 'GET' || upload === true;

export interface ObjectSchema {
  readonly properties: Readonly<Record<string, AnySchema['json']>>;
  /** Those that a caller must give: the required ones without a default. */
  readonly required: readonly string[];
}

/** The properties of an operation's input, which is always an object. */
export function inputProperties(operation: AnyOperation): ObjectSchema {
  const { properties, required = [] } = operation.input.json as Partial<ObjectSchema>;
  if (properties === undefined) throw new Error(`${operation.method} ${operation.path}: the input must be an object schema.`);
  return { properties, required: required.filter((key) => (properties[key] as { default?: unknown }).default === undefined) };
}
