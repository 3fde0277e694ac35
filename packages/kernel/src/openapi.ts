import type { AnyOperation, Contract } from '#/contract.ts';
import { inputProperties, pathParameters, readsQuery } from '#/http/wire.ts';
import { wires } from '#/http/wires.ts';

type Json = Record<string, unknown>;

const JSON_TYPE = 'application/json';
const BYTES = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };

/** The OpenAPI 3.1 description of a service. Contracts are JSON Schema already, so nothing is converted. */
export function openApi(contract: Contract, version: string): Json {
  const wire = wires[contract.wire];
  const components: Json = { ...wire.invalid.schemas };
  const paths: Json = {
    '/': { get: statusPage('Root', 'What this service is', 'root', { service: contract.title, status: 'running' }) },
    '/health': { get: statusPage('Health', 'Whether the process is alive', 'health', { service: contract.label, status: 'healthy' }) },
    '/ready': {
      get: statusPage('Ready', 'Whether the service can serve, with the reasons', 'ready', { ...READY, service: contract.label }),
    },
  };
  for (const [name, operation] of Object.entries(contract.operations)) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = {
      ...(paths[path] as Json | undefined),
      [operation.method.toLowerCase()]: describe(contract, name, operation, components),
    };
  }
  return {
    openapi: '3.1.0',
    info: { title: contract.title, version, description: contract.description },
    paths,
    components: { schemas: components },
  };
}

const READY = { status: 'ready', checks: [{ name: 'lifecycle', ok: true, required: true, detail: 'has started' }] };

function statusPage(summary: string, description: string, operationId: string, example: object): Json {
  const content = { [JSON_TYPE]: { schema: { type: 'object' }, example } };
  return { summary, description, operationId, responses: { 200: { description: 'Successful Response', content } } };
}

function describe(contract: Contract, name: string, operation: AnyOperation, components: Json): Json {
  const { invalid } = wires[contract.wire];
  const only = operation.callers === undefined ? '' : `Only for services: ${operation.callers.join(', ')}.`;
  const description = [operation.description, only].filter((part) => part !== '').join(' ');
  const { properties, required } = inputProperties(operation);
  const inPath = pathParameters(operation.path);
  const inQuery = readsQuery(operation) ? Object.keys(properties).filter((key) => !inPath.includes(key)) : [];
  const parameter = (key: string, place: 'path' | 'query' | 'header'): Json => ({
    name: key,
    in: place,
    required: place === 'path' || required.includes(key),
    schema: refer(properties[key], components),
  });
  const inHeaders = Object.entries(operation.headers ?? {}).map(([key, name]) => ({ ...parameter(key, 'header'), name, required: false }));
  const parameters = [...inPath.map((key) => parameter(key, 'path')), ...inQuery.map((key) => parameter(key, 'query')), ...inHeaders];
  const inBody = !readsQuery(operation) && Object.keys(properties).some((key) => !inPath.includes(key));
  return {
    summary: operation.summary,
    ...(description === '' ? {} : { description }),
    operationId: name,
    ...(operation.callers === undefined ? {} : { 'x-mlab-callers': operation.callers }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(operation.upload === true ? { requestBody: { required: true, content: BYTES } } : {}),
    ...(inBody ? { requestBody: { required: true, content: { [JSON_TYPE]: { schema: bodySchema(operation, inPath, components) } } } } : {}),
    responses: {
      200: { description: 'Successful Response', content: answerContent(operation, components) },
      [invalid.status]: { description: 'Validation Error', content: { [invalid.contentType]: { schema: invalid.schema } } },
    },
  };
}

function answerContent({ contentTypes, output }: AnyOperation, components: Json): Json {
  if (contentTypes === undefined) return { [JSON_TYPE]: { schema: refer(output.json, components) } };
  return Object.fromEntries(contentTypes.map((type) => [type, { schema: { type: 'string', format: 'binary' } }]));
}

function bodySchema(operation: AnyOperation, inPath: readonly string[], components: Json): unknown {
  if (inPath.length === 0) return refer(operation.input.json, components);
  const { properties, required } = inputProperties(operation);
  const rest = Object.entries(properties).filter(([key]) => !inPath.includes(key));
  return refer(
    { type: 'object', properties: Object.fromEntries(rest), required: required.filter((key) => !inPath.includes(key)) },
    components,
  );
}

/** Objects with a title become named components; all else stands where it is used. */
function refer(schema: unknown, components: Json): unknown {
  if (Array.isArray(schema)) return schema.map((item) => refer(item, components));
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, refer(value, components)]));
  const { properties, required } = copy as { properties?: Record<string, { default?: unknown }>; required?: readonly string[] };
  // A caller may leave out what has a default.
  if (properties !== undefined && required !== undefined)
    copy['required'] = required.filter((key) => properties[key]?.default === undefined);
  const { title, type } = copy;
  if (type !== 'object' || typeof title !== 'string') return copy;
  components[title] = copy;
  return { $ref: `#/components/schemas/${title}` };
}
