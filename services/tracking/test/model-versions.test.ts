import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registry } from '@mlab/contracts/registry';
import { defineService, rootCall, schema } from '@mlab/kernel';
import { startTest } from '@mlab/kernel/testing';
import { Type } from '@mlab/schema';
import { openTestDatabase } from '@mlab/sql/testing';
import { openLog } from '@mlab/telemetry';
import { openFacilities } from '../../../apps/platform/facilities.ts';
import { addModelVersion } from '#/domain/model-versions.ts';
import { service } from '#/service.ts';

const ROWS: readonly (readonly [before: string | undefined, after: string | undefined])[] = [
  [undefined, '[{"name":"iris","version":2}]'],
  ['[]', '[{"name":"iris","version":2}]'],
  ['[{"name":"iris","version":1}]', '[{"name":"iris","version":1},{"name":"iris","version":2}]'],
  ['[{"name":"iris","version":"2"}]', undefined],
  ['[{"name":"iris","version":2}]', undefined],
  ['[{"name":"other","version":2}]', '[{"name":"other","version":2},{"name":"iris","version":2}]'],
  ['not JSON', undefined],
  ['{"name":"iris"}', undefined],
  ['[1]', undefined],
];

test('a version is noted once beside the others, and what nobody can read stays', () => {
  for (const [before, after] of ROWS) assert.equal(addModelVersion(before, 'iris', 2), after, before);
});

test('a logged model says what it was registered as', async () => {
  await using stack = new AsyncDisposableStack();
  const told = Promise.withResolvers<(modelId: string, version: number, isPrompt?: boolean) => Promise<void>>();
  const teller = defineService({
    contract: { ...registry, operations: {}, protocols: {} },
    needs: {},
    config: schema(Type.Object({})),
    database: { migrations: new URL('../../registry/migrations/', import.meta.url) },
    start({ database, events }) {
      const any = { seq: 1, at: '2026-01-01T00:00:00.000Z', by: 'ada', model: 'iris', source: 's', location: 'l' };
      told.resolve((loggedModelId, version, isPrompt = false) =>
        database.transaction(rootCall('test'), (tx) =>
          events.publish(tx, registry.events.versionRegistered, { ...any, version, isPrompt, loggedModelId }, { key: 'iris' }),
        ),
      );
      return { handlers: {}, protocols: {} };
    },
  });
  const env = { DATABASE_URL: stack.use(await openTestDatabase()).url };
  const { logger } = openLog({ level: 'silent' });
  const facilities = stack.use(await openFacilities({ env, services: [teller, service], logger, version: '0.0.0' }));
  const { client } = stack.use(await startTest(service, { neighbours: [teller], facilities, env }));
  const tell = await told.promise;
  const id = `m-${'a'.repeat(32)}`;
  const model = { id, experimentId: '0', name: 'model', status: 'READY' as const, createdAt: 1, updatedAt: 1, params: [], tags: [] };
  await client.importLoggedModel(model, rootCall('test'));
  await tell(id, 1);
  await tell(`m-${'b'.repeat(32)}`, 2);
  await tell(id, 3, true);
  await tell(id, 4);
  const wanted = '[{"name":"iris","version":1},{"name":"iris","version":4}]';
  for (let tries = 0; ; tries++) {
    const { tags } = await client.getLoggedModel({ id }, rootCall('test'));
    if (tags['mlflow.modelVersions'] === wanted) break;
    assert.ok(tries < 500, `it says ${tags['mlflow.modelVersions']}`);
    await new Promise((resolve) => void setTimeout(resolve, 10));
  }
});
