import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { PLACEMENTS, type Lab } from '../lab.ts';
import { leaveLabs, sharedLab } from '../shared-labs.ts';

let lab: Lab;

interface OpenApi {
  readonly openapi: string;
  readonly info: { readonly title: string };
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly summary: string; readonly requestBody?: unknown; readonly responses: object }>>>
  >;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

after(leaveLabs);

for (const placement of PLACEMENTS) {
  describe(placement, () => {
    before(async () => void (lab = await sharedLab(placement)));

    for (const [service, name] of [
      ['a', 'openapi-a.json'],
      ['b', 'openapi-b.json'],
    ] as const) {
      test(`the description of Service ${service.toUpperCase()} says all that the FastAPI original's says`, async () => {
        const original = JSON.parse(await readFile(new URL(`../lab-contract/${name}`, import.meta.url), 'utf8')) as OpenApi;
        const ours = (await (await fetch(`${lab[service]}/openapi.json`)).json()) as OpenApi;
        assert.equal(ours.openapi, '3.1.0');
        assert.equal(ours.info.title, original.info.title);
        for (const [path, methods] of Object.entries(original.paths)) {
          for (const [method, operation] of Object.entries(methods)) {
            const own = ours.paths[path]?.[method];
            assert.equal(own?.summary, operation.summary, `${method} ${path}`);
            assert.deepEqual(own?.requestBody, operation.requestBody, `${method} ${path}`);
            assert.deepEqual(Object.keys(own?.responses ?? {}), Object.keys(operation.responses), `${method} ${path}`);
          }
        }
        for (const [schema, definition] of Object.entries(original.components.schemas)) {
          assert.deepEqual(withoutDescriptions(ours.components.schemas[schema]), definition, schema);
        }
      });

      for (const page of ['docs', 'redoc']) {
        test(`/${page} of Service ${service.toUpperCase()} loads nothing from elsewhere, and all that it names is there`, async () => {
          const response = await fetch(`${lab[service]}/${page}`);
          const html = await response.text();
          assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'self'/);
          const named = [...html.matchAll(/(?:src|href|spec-url)="([^"]+)"/g)].map(([, url]) => url as string);
          assert.ok(named.length >= 3);
          for (const url of named) {
            assert.doesNotMatch(url, /^(https?:)?\/\//);
            const file = await fetch(new URL(url, `${lab[service]}/`));
            assert.equal(file.status, 200, url);
            assert.ok((await file.arrayBuffer()).byteLength > 0, url);
          }
        });
      }
    }
  });
}

/** The original describes no field; we do. */
function withoutDescriptions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDescriptions);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => key !== 'description' || typeof inner !== 'string')
      .map(([key, inner]) => [key, withoutDescriptions(inner)]),
  );
}
