import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Type } from '@mlab/schema';
import { AppError } from '#/errors.ts';
import { parseExactly } from '#/http/fastapi/exact-value.ts';
import { compileModel } from '#/http/fastapi/model.ts';
import { validationErrorSchemas } from '#/http/fastapi/openapi.ts';
import { readRequest } from '#/http/fastapi/read-request.ts';
import { fastapiStatus, renderError } from '#/http/fastapi/render-error.ts';

interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

interface Entry {
  readonly name: string;
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: string | Readonly<Record<'base64', string>> | Readonly<Record<'before' | 'repeat' | 'after', string> & { times: number }>;
  readonly recorded: Answer;
  readonly ours?: Answer;
}

const recording = new URL('../../../tests/system/lab-contract/', import.meta.url);
const entries = parseExactly(readFileSync(new URL('recorded.json', recording), 'utf8')) as readonly Entry[];

const models = new Map<string, ReturnType<typeof compileModel>>([
  ['a /process', compileModel(Type.Object({ data: Type.String(), forward_to_model: Type.Boolean({ default: true }) }))],
  ['b /predict', compileModel(Type.Object({ input: Type.String() }))],
]);

function bytesOf(body: Entry['body']): Buffer {
  if (body === undefined) return Buffer.alloc(0);
  if (typeof body === 'string') return Buffer.from(body);
  if ('base64' in body) return Buffer.from(body.base64, 'base64');
  return Buffer.from(body.before + body.repeat.repeat(body.times) + body.after);
}

describe('a body is read and refused as the FastAPI original did', () => {
  const posts = entries.flatMap((entry) => {
    const model = models.get(`${entry.service} ${entry.path}`);
    return entry.method === 'POST' && model ? [{ entry, model }] : [];
  });
  assert.ok(posts.length > 800, 'the recording holds hundreds of bodies');
  for (const { entry, model } of posts) {
    const { status, body } = entry.ours ?? entry.recorded;
    test(`${entry.service}: ${entry.name}`, () => {
      const contentType = entry.headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1].trim();
      const read = readRequest(bytesOf(entry.body), contentType, model);
      const answer = read instanceof AppError ? { status: fastapiStatus(read), body: parseExactly(renderError(read)) } : { status: 200 };
      assert.deepEqual(answer, status === 200 ? { status } : { status, body });
    });
  }
});

test('the schemas of a validation error are those in the description of the original', () => {
  const description = JSON.parse(readFileSync(new URL('openapi-a.json', recording), 'utf8')) as {
    components: { schemas: Record<string, unknown> };
  };
  const { HTTPValidationError, ValidationError } = description.components.schemas;
  assert.deepEqual(validationErrorSchemas(), { HTTPValidationError, ValidationError });
});
