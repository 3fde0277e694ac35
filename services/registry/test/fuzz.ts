import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mlflowRegistry } from '@mlab/contracts/mlflow';
import { registry } from '@mlab/contracts/registry';
import { MODEL_ID, RUN } from './registry-for-test.ts';
import { app } from './shared-registry.ts';

export const fuzzTests = (): void =>
  void describe('whatever comes', () => {
    const ROUNDS = Number(process.env['MLAB_FUZZ_ROUNDS'] ?? 250);

    /** Numbers that look random and are the same each time; MLAB_FUZZ_SEED gives others. */
    let seed = Number(process.env['MLAB_FUZZ_SEED'] ?? 7);
    function random(below: number): number {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    }
    const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T;

    const NAMES = [
      'a',
      'b',
      'known',
      'x y',
      'ä',
      '😀',
      '..',
      '.',
      'a/b',
      'a:b',
      '%2e%2e',
      '',
      ' ',
      '\u0000',
      '\ud800',
      '__proto__',
      'constructor',
      'n'.repeat(300),
    ];
    const TEXTS = [
      ...NAMES,
      "'",
      '"',
      ';DROP TABLE model;--',
      '\\',
      '{}',
      '[]',
      'null',
      'NaN',
      '1e400',
      '\r\n',
      '${1}',
      't'.repeat(100_001),
    ];
    const NUMBERS = [
      0,
      1,
      -1,
      2,
      1.5,
      1e308,
      -1e308,
      2 ** 31,
      2 ** 53,
      2 ** 63,
      '1',
      '01',
      ' 1',
      '+1',
      '1.0',
      '1e3',
      '9'.repeat(30),
      '-0',
      'x',
    ];
    const SOURCES = [
      's3://b/c',
      `models:/${MODEL_ID}`,
      `runs:/${RUN}/m`,
      'models:/known/1',
      'models:/known@x',
      'models:/@',
      'file:///x',
      's3:',
      ':',
      '://',
      'dummy-source',
      'mlflow-artifacts:/%',
    ];
    const FILTERS = [
      "name = 'a'",
      "name LIKE '%\\'",
      "tags.`x` = 'y'",
      'NOT',
      '(((',
      "a IN ('x',)",
      "name = 'a' OR",
      'version_number > 99999999999999999999',
      'version_number = 1e999',
      'run_id IN ()',
      "tags.`mlflow.prompt.is_prompt` ILIKE '%'",
    ];
    const OTHERS = [
      null,
      true,
      false,
      [],
      {},
      [[]],
      [null],
      [{ key: 'k', value: 'v' }],
      [{ key: {} }],
      [{ entity: 'PROMPT', action: 'CREATED' }],
      [{ entity: 99, action: -1 }],
      { a: { b: 1 } },
      ['x', 1],
    ];

    function valueOf(field: string): unknown {
      if (random(6) === 0) return pick([...OTHERS, ...NUMBERS, ...TEXTS]);
      if (/version|limit|max_results|expected/.test(field)) return pick(NUMBERS);
      if (field === 'source') return pick(SOURCES);
      if (field === 'filter') return pick(FILTERS);
      if (/^(name|new_name|model|alias|key|by)$/.test(field)) return pick(NAMES);
      if (/token|cursor/.test(field))
        return pick(['', 'x', 'eyJvZmZzZXQiOiAxfQ==', 'eyJvZmZzZXQiOiA5OTk5OTk5OTk5OTk5OX0=', 'MQ', 'AA', '====']);
      if (/tags|events|stages|order_by|checks|metrics/.test(field)) return pick(OTHERS);
      if (field === 'url')
        return pick(['https://127.0.0.1/', 'https://192.0.2.1/x', 'http://x', '', 'https://', 'https://[', 'javascript:x']);
      return pick([...TEXTS, ...NUMBERS]);
    }

    const FIELDS =
      'name new_name version alias key value source run_id model_id run_link description tags stage stages archive_existing_versions filter order_by max_results page_token url events secret status event webhook_id'.split(
        ' ',
      );

    function bodyOf(fields: readonly string[]): string {
      const wrong = random(20);
      if (wrong === 0)
        return pick(['', '{', 'null', '[]', '"x"', '1', 'NaN', '{"a":NaN}', '"{}"', '\u0000', '{"name":"a","name":"b"}', '['.repeat(5000)]);
      const chosen = fields.filter(() => random(5) > 0);
      return JSON.stringify(Object.fromEntries(chosen.map((field) => [field, valueOf(field)])));
    }

    const encode = (value: unknown): string => {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      // One in some is sent as it is, whatever that does to the URL.
      if (random(15) === 0) return text.replaceAll(/[^\w%]/g, '%zz').slice(0, 200);
      return encodeURIComponent(text.toWellFormed().slice(0, 400));
    };

    async function send(method: string, url: string, body: string | undefined): Promise<void> {
      const init =
        body === undefined
          ? {}
          : { body, headers: { 'content-type': pick(['application/json', 'application/json; charset=utf-8', 'text/plain']) } };
      const answer = await fetch(url, { method, ...init });
      const text = await answer.text();
      const shown = `${method} ${url.slice(0, 300)} ${body?.slice(0, 500) ?? ''} → ${answer.status} ${text.slice(0, 300)}`;
      assert.ok(answer.status < 500, shown);
      assert.doesNotMatch(text, /node_modules|\.ts:\d|SELECT |syntax error/, shown);
      if (answer.status >= 400) {
        const { error_code, message, code, detail } = JSON.parse(text) as Record<string, unknown>;
        assert.ok(
          (typeof error_code === 'string' && typeof message === 'string') || (typeof code === 'string' && typeof detail === 'string'),
          shown,
        );
      }
    }

    test("MLflow's routes take whatever comes", async () => {
      await app.must(app.api('POST /models/known/versions', { source: 's3://b/c' }));
      const routes = Object.values(mlflowRegistry.routes);
      for (let round = 0; round < ROUNDS; round++) {
        const { method, path } = pick(routes);
        const fields = FIELDS.filter((field) => random(2) === 0 || field === 'name' || field === 'version');
        const query = fields.map((field) => `${field}=${encode(valueOf(field))}`).join('&');
        const url = `${app.url}/mlflow${path.replace(':webhook_id', encode(pick(NAMES)) || 'x')}`;
        if (method === 'GET') await send(method, `${url}?${query}`, undefined);
        else await send(method, url, bodyOf(fields));
      }
    });

    test('our own operations take whatever comes', async () => {
      const operations = Object.values(registry.operations);
      for (let round = 0; round < ROUNDS; round++) {
        const { method, path, input } = pick(operations);
        const fields = Object.keys((input.json as { readonly properties?: object }).properties ?? {});
        const filled = path.replaceAll(/:(\w+)/g, (_, field: string) => encode(valueOf(field)) || 'x');
        const query = fields.map((field) => `${field}=${encode(valueOf(field))}`).join('&');
        if (method === 'GET') await send(method, `${app.url}${filled}?${query}`, undefined);
        else await send(method, `${app.url}${filled}`, bodyOf(fields.filter((field) => !path.includes(`:${field}`))));
      }
    });

    test('nothing of it has broken what was there', async () => {
      const { items } = (await app.api('GET /models?limit=1000')).body as { items: { name: string }[] };
      for (const { name } of items)
        assert.equal((await app.get(`registered-models/get?name=${encodeURIComponent(name)}`)).status, 200, name);
      assert.equal((await app.api('GET /audit?limit=1000')).status, 200);
    });
  });
