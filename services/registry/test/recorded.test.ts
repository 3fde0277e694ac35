import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import recorded from './recorded.json' with { type: 'json' };
import { MODEL_ID, ROOT, RUN, RUN_ROOT, startRegistry, type Json, type TestRegistry } from './registry-for-test.ts';

let app: TestRegistry;
before(async () => {
  app = await startRegistry({ env: { MLAB_REGISTRY_WEBHOOKS_ALLOW_PRIVATE: 'true' } });
});
after(() => app[Symbol.asyncDispose]());

const names: Record<string, string> = { root: ROOT, run_root: RUN_ROOT, model: MODEL_ID, run: RUN };
const put = (text: string): string =>
  text
    .replaceAll(/\{(\w+)\}/g, (whole, name: string) => names[name] ?? whole)
    .replaceAll(/<(.)\*(\d+)>/g, (_, character: string, count: string) => character.repeat(Number(count)));

/** What is drawn by chance is not compared, nor the order that MLflow leaves to its database; nor two fields that its client does not read. */
function comparable(value: Json): Json {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const { sqlstate: _state, error_class: _class, webhook_id, latest_versions, model_versions, tags, ...rest } = value;
  const byKey = (a: { key: string }, b: { key: string }): number => (a.key < b.key ? -1 : 1);
  const byVersion = (a: { version: string }, b: { version: string }): number => Number(a.version) - Number(b.version);
  return {
    ...Object.fromEntries(Object.entries(rest).map(([name, one]) => [name, name.endsWith('timestamp') ? typeof one : comparable(one)])),
    ...(webhook_id === undefined ? {} : { webhook_id: typeof webhook_id }),
    ...(latest_versions === undefined ? {} : { latest_versions: latest_versions.map(comparable).toSorted(byVersion) }),
    ...(model_versions === undefined ? {} : { model_versions: model_versions.map(comparable) }),
    ...(tags === undefined ? {} : { tags: tags.toSorted(byKey) }),
  };
}

for (const [index, { method, path, body, status, answer, ours, why }] of (recorded as Json[]).entries()) {
  const shown = body === undefined ? '' : ` ${JSON.stringify(body).slice(0, 120)}`;
  test(`${index}: ${method} ${decodeURIComponent(path)}${shown}${why === undefined ? '' : ` (${why})`}`, async () => {
    const ask = { GET: app.get, POST: app.post, PATCH: app.patch, DELETE: app.delete }[method as 'GET'];
    const got = await ask(put(path), body === undefined ? undefined : JSON.parse(put(JSON.stringify(body))));
    names['webhook'] ??= got.body.webhook?.webhook_id;
    assert.equal(got.status, ours ?? status, JSON.stringify(got.body));
    if (ours !== undefined) return;
    const expected = JSON.parse(put(JSON.stringify(answer)));
    if (why === undefined) assert.deepEqual(comparable(got.body), comparable(expected));
    else assert.equal(got.body.error_code, expected.error_code);
  });
}
