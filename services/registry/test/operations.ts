import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { AppError } from '@mlab/kernel';
import { call, MODEL_ID, neighbour, ROOT, RUN, RUN_ROOT, startRegistry } from './registry-for-test.ts';
import { app } from './shared-registry.ts';

export const operationTests = (): void =>
  void describe('operations', () => {
    afterEach(() => Object.assign(neighbour, { isAway: false, pageSize: 1000, mlmodel: '' }));

    const register = (name: string, body: object) => app.api(`POST /models/${name}/versions`, body);

    describe('registering a version', () => {
      test('creates its model, follows its logged model, and keeps what its files were', async () => {
        neighbour.pageSize = 1;
        const signature = { inputs: [{ name: 'x', type: 'double' }], outputs: [{ type: 'double' }] };
        const body = { source: `models:/${MODEL_ID}`, description: 'first', tags: { team: 'a' }, signature, by: 'ann' };
        const made = await app.must(register('churn', body));
        const { createdAt, updatedAt, files, ...rest } = made;
        assert.ok(Date.parse(createdAt) <= Date.now() && createdAt === updatedAt);
        assert.deepEqual(
          files.map(({ path, size }: { path: string; size: number }) => [path, size]),
          [
            ['MLmodel', 100],
            ['model.onnx', 2000],
          ],
        );
        assert.match(files[0].sha256, /^0+100$/);
        assert.deepEqual(rest, {
          model: 'churn',
          version: 1,
          description: 'first',
          source: `models:/${MODEL_ID}`,
          location: ROOT,
          runId: RUN,
          loggedModelId: MODEL_ID,
          stage: 'None',
          approval: 'candidate',
          registeredBy: 'anonymous',
          author: 'ann',
          aliases: [],
          tags: { team: 'a' },
          signature,
          approvals: [],
          checks: {},
          metrics: {},
        });
        assert.deepEqual(await app.client.getVersion({ name: 'churn', version: 1 }, call()), made);
      });

      test('a copy of a version has its files and its signature, whatever has become of them elsewhere', async () => {
        neighbour.isAway = true;
        const copy = await app.must(register('copied', { source: 'models:/churn/1' }));
        const { files, signature, location, runId, author } = await app.client.getVersion({ name: 'churn', version: 1 }, call());
        assert.deepEqual([copy.files, copy.signature, copy.location, copy.runId, copy.author], [files, signature, location, runId, author]);
        assert.deepEqual([copy.source, copy.loggedModelId], ['models:/churn/1', MODEL_ID]);
      });

      test('the signature that a model was saved with is read from its files', async () => {
        neighbour.mlmodel =
          'flavors: {}\nsignature:\n  inputs: \'[{"type": "double", "name":\n    "x"}]\'\n  outputs: null\n  params: null\n';
        const read = await app.must(register('signed', { source: `models:/${MODEL_ID}` }));
        assert.deepEqual(read.signature, { inputs: [{ type: 'double', name: 'x' }] });
        const given = await app.must(register('signed', { source: `models:/${MODEL_ID}`, signature: { inputs: [] } }));
        assert.deepEqual(given.signature, { inputs: [] });
        await app.must(app.post('model-versions/create', { name: 'signed', source: `models:/${MODEL_ID}`, model_id: MODEL_ID }));
        assert.deepEqual((await app.client.getVersion({ name: 'signed', version: 3 }, call())).signature, read.signature);
        neighbour.mlmodel = "signature:\n  inputs: '[broken'\n";
        assert.equal((await app.must(register('signed', { source: `models:/${MODEL_ID}` }))).signature, undefined);
      });

      test('where this platform does not look nothing is said of files', async () => {
        const made = await app.must(register('outside', { source: 's3://bucket/path', runId: 'unknown' }));
        assert.deepEqual([made.files, made.location, made.runId, made.author], [undefined, 's3://bucket/path', 'unknown', undefined]);
        const claimed = { 'mlab-caller': 'zoe' };
        const other = await app.must(app.api('POST /models/outside/versions', { source: 'gs://bucket/path' }, claimed));
        assert.deepEqual([other.registeredBy, other.version], ['zoe', 2]);
      });

      test('a run names its files itself', async () => {
        const made = await app.must(register('outside', { source: `runs:/${RUN}/model` }));
        assert.deepEqual([made.runId, made.author, made.files.length], [RUN, 'ann', 2]);
        const artifacts = await app.must(register('outside', { source: `${RUN_ROOT}/model`, runId: RUN }));
        assert.equal(artifacts.files.length, 2);
      });

      for (const [body, why] of [
        [{ source: 'file:///etc/passwd' }, /^400 invalid Invalid model version source: 'file:\/\/\/etc\/passwd'/],
        [{ source: `${RUN_ROOT}/model` }, /^400 invalid .*run_id request parameter must identify/],
        [{ source: 'models:/m-unknown' }, /^400 invalid .*model_id request parameter must identify/],
        [{ source: 'models:/nothing/1' }, /^404 not_found Registered Model with name=nothing not found/],
        [{ source: 's3://b/c', createModel: false }, /^404 not_found Registered Model with name=refused not found/],
        [{ source: '' }, /^400 invalid .*source/],
        [{}, /^400 invalid .*source/],
        [{ source: 's3://b/c', tags: { 'bad!': '1' } }, /^400 invalid .*Names may only contain/],
        [{ source: 's3://b/c', by: '' }, /^400 invalid .*by/],
      ] as const) {
        test(`${JSON.stringify(body)} is refused, and nothing is left of it`, async () => {
          assert.match(await app.refusal(register('refused', body)), why);
          assert.match(await app.refusal(app.api('GET /models/refused')), /^404/);
        });
      }

      test('while tracking is away it says so, by MLflow and otherwise', async () => {
        neighbour.isAway = true;
        assert.match(await app.refusal(register('refused', { source: `models:/${MODEL_ID}` })), /^503 unavailable/);
        const asked = { name: 'churn', source: `models:/${MODEL_ID}`, model_id: MODEL_ID };
        assert.match(await app.refusal(app.post('model-versions/create', asked)), /^503 TEMPORARILY_UNAVAILABLE/);
        assert.equal((await app.must(app.api('GET /models/churn'))).lastVersion, 1);
      });

      test('more files than it keeps are refused', async () => {
        const { files } = neighbour;
        const [first] = files;
        assert.ok(first !== undefined);
        neighbour.files = Array.from({ length: 10_001 }, (_, index) => ({ ...first, path: `${index}` }));
        try {
          assert.match(await app.refusal(register('refused', { source: `models:/${MODEL_ID}` })), /^400 invalid .*more than 10000 files/);
        } finally {
          neighbour.files = files;
        }
      });
    });

    describe('asking', () => {
      test('models by name, page by page, with a filter', async () => {
        for (const name of ['list-a', 'list-b', 'list-c'])
          await app.must(app.post('registered-models/create', { name, tags: [{ key: 'of', value: 'list' }] }));
        await app.must(
          app.post('registered-models/create', { name: 'list-prompt', tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }] }),
        );
        const filter = "name LIKE 'list-%'";
        const first = await app.client.listModels({ filter, limit: 2 }, call());
        assert.deepEqual(
          first.items.map(({ name, tags, isPrompt }) => [name, tags['of'], isPrompt]),
          [
            ['list-a', 'list', false],
            ['list-b', 'list', false],
          ],
        );
        const second = await app.client.listModels({ filter, limit: 2, cursor: first.next as string }, call());
        assert.deepEqual([second.items.map(({ name }) => name), second.next], [['list-c'], undefined]);
        const prompts = await app.client.listModels({ filter: "tags.`mlflow.prompt.is_prompt` = 'true'", limit: 100 }, call());
        assert.deepEqual(
          prompts.items.map(({ isPrompt, name }) => [isPrompt, name]),
          [[true, 'list-prompt']],
        );
        assert.match(await app.refusal(app.api('GET /models?filter=nonsense')), /^400 invalid/);
        assert.match(await app.refusal(app.api('GET /models?limit=0')), /^400 invalid .*limit/);
        assert.equal((await app.api('GET /models?cursor=%00')).status, 200);
      });

      test('versions, the newest first, also those of one state', async () => {
        for (let each = 0; each < 3; each++) await app.must(register('many', { source: 's3://b/c' }));
        await app.must(app.api('POST /models/many/versions/2/approve', { by: 'bob' }));
        const numbers = async (query: object) => {
          const { items, next } = await app.client.listVersions({ name: 'many', limit: 100, ...query }, call());
          return [items.map(({ version }) => version), next] as const;
        };
        const [two, next] = await numbers({ limit: 2 });
        assert.deepEqual(
          [two, await numbers({ limit: 2, cursor: next })],
          [
            [3, 2],
            [[1], undefined],
          ],
        );
        assert.deepEqual(await numbers({ approval: 'approved' }), [[2], undefined]);
        assert.match(await app.refusal(app.api('GET /models/many/versions?cursor=eA')), /^400 invalid cursor is not the next/);
        assert.match(await app.refusal(app.api('GET /models/nothing/versions')), /^404 not_found/);
      });

      test('what an alias names', async () => {
        await app.must(app.api('PUT /models/many/aliases/blue', { version: 1 }));
        const version = async (alias: string) => (await app.client.resolveAlias({ name: 'many', alias }, call())).version;
        assert.deepEqual(await Promise.all(['blue', 'latest', 'LATEST', 'v2', 'V3'].map(version)), [1, 3, 3, 2, 3]);
        await assert.rejects(version('red'), (error) => AppError.is(error, 'not_found') && /many has no alias red/.test(error.message));
        await assert.rejects(version('v9'), (error) => AppError.is(error, 'not_found'));
        await assert.rejects(version('a b'), (error) => AppError.is(error, 'invalid'));
        assert.match(await app.refusal(app.api('GET /models/nothing/aliases/blue')), /^404/);
        assert.match(await app.refusal(app.api('GET /models/list-a/aliases/latest')), /^404 not_found Latest version not found/);
      });

      test('what is not there, and what nothing can be called', async () => {
        for (const path of [
          '/models/nothing',
          '/models/many/versions/99',
          '/models/many/versions/0',
          '/models/nothing/versions/1',
          '/models/many/versions/99/readiness?alias=x',
        ])
          assert.match(await app.refusal(app.api(`GET ${path}`)), /^404 not_found/, path);
        for (const path of [
          '/models/a:b',
          '/models/%20',
          '/models/many/versions/x',
          '/models/many/versions/99999999999',
          `/models/${'a'.repeat(257)}`,
          '/models/many/versions/1/readiness',
        ])
          assert.match(await app.refusal(app.api(`GET ${path}`)), /^400 invalid/, path);
      });
    });

    describe('changing', () => {
      test('an alias is moved when it names what was expected', async () => {
        await app.must(app.api('DELETE /models/many/aliases/blue'));
        const set = (version: number, expected?: number) =>
          app.api('PUT /models/many/aliases/blue', { version, ...(expected === undefined ? {} : { expected }) });
        assert.deepEqual((await set(1, 0)).body, { version: 1 });
        assert.deepEqual((await set(2, 1)).body, { version: 2, from: 1 });
        assert.match(await app.refusal(set(3, 1)), /^409 conflict many@blue names version 2, and was expected to name version 1\.$/);
        assert.match(await app.refusal(set(3, 0)), /^409 conflict .*expected not to be there/);
        assert.match(
          await app.refusal(app.api('PUT /models/many/aliases/red', { version: 1, expected: 1 })),
          /^409 conflict many@red is not there/,
        );
        assert.match(await app.refusal(set(99)), /^404 not_found/);
        assert.match(await app.refusal(app.api('PUT /models/many/aliases/latest', { version: 1 })), /^400 invalid 'latest' alias name/);
        await app.must(app.api('DELETE /models/many/aliases/nobody'));
        assert.match(await app.refusal(app.api('DELETE /models/nothing/aliases/blue')), /^404/);
      });

      test('a number is never given twice, unless its model was deleted', async () => {
        await app.must(app.api('DELETE /models/many/versions/3'));
        assert.match(await app.refusal(app.api('DELETE /models/many/versions/3')), /^404/);
        assert.equal((await app.must(register('many', { source: 's3://b/c' }))).version, 4);
        await app.must(app.delete('registered-models/delete', { name: 'many' }));
        assert.equal((await app.must(register('many', { source: 's3://b/c' }))).version, 1);
      });

      test('a new name takes everything along', async () => {
        await app.must(app.api('PUT /models/many/aliases/blue', { version: 1 }));
        await app.must(app.api('PUT /models/many/policy', { policy: { aliases: [{ alias: 'blue' }] } }));
        await app.must(app.post('registered-models/rename', { name: 'many', new_name: 'few' }));
        assert.equal((await app.client.resolveAlias({ name: 'few', alias: 'blue' }, call())).model, 'few');
        assert.equal((await app.must(app.api('GET /models/few/policy'))).own, true);
        assert.match(await app.refusal(app.api('GET /models/many')), /^404/);
      });
    });

    test('where names must be proven nobody judges by a word', async () => {
      await using strict = await startRegistry({ env: { MLAB_REGISTRY_TRUST_NAMES: 'false' } });
      await strict.must(strict.api('POST /models/a/versions', { source: 's3://b/c' }));
      for (const how of ['approve', 'reject', 'archive']) {
        assert.match(
          await strict.refusal(strict.api(`POST /models/a/versions/1/${how}`, { by: 'bob' })),
          /^401 unauthenticated Nothing proves who judges/,
        );
        const other = strict.api(`POST /models/a/versions/1/${how}`, { by: 'bob' }, { 'mlab-caller': 'delivery' });
        assert.match(await strict.refusal(other), /^403 forbidden delivery cannot judge as bob/);
      }
      assert.equal((await strict.must(strict.api('GET /models/a/versions/1'))).approval, 'candidate');
      // On a machine of one's own callers are believed to be who they say, as long as MLAB_IDENTITY is off.
      await strict.must(strict.api('POST /models/a/versions/1/approve', {}, { 'mlab-caller': 'delivery' }));
    });
  });
