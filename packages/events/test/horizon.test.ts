import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MEMBER_LOCKS } from '../src/members.ts';
import { postgres } from './buses.ts';
import { listening, numbers, place } from './scene.ts';
import { shop } from './shop.ts';
import { openProcess, openService, settingsOf, until } from './stage.ts';

test('who shows that he lives holds back nothing that could be cleared away', async () => {
  await using bus = await postgres.open();
  await using facility = await openProcess(bus.adminUrl, settingsOf(bus.settings));
  await using hearer = await openService(facility, bus.adminUrl, listening());
  await using teller = await openService(facility, bus.adminUrl, { contract: shop });
  await place(teller, 1, { key: 'k' });
  await until(
    () => numbers(hearer),
    (all) => all.length === 1,
  );
  const sessions = `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND classid = ${MEMBER_LOCKS}::int4::oid
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  assert.ok((await bus.query(sessions)).length > 0, 'somebody shows that he lives');
  for (let look = 0; look < 20; look++) {
    const holding = await bus.query(
      `SELECT pid, query FROM pg_stat_activity
       WHERE pid IN (${sessions}) AND state = 'idle in transaction' AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)`,
    );
    assert.deepEqual(holding, []);
    await new Promise((resolve) => void setTimeout(resolve, 5));
  }
});
