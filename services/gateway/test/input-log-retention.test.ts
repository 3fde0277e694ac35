import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { firstIdAt } from '#/domain/input-log/input-id.ts';
import { call, log, openLoggingGateway, type LoggingGateway } from './logging-gateway.ts';
import { until } from './until.ts';

let gateways: LoggingGateway;
before(async () => {
  gateways = await openLoggingGateway();
});
after(() => gateways[Symbol.asyncDispose]());

const DAY_MS = 86_400_000;

/** Inputs of `bytes` each, which are so few that PostgreSQL compresses none, one per second, the last of them `ageMs` old. */
async function insertOld(count: number, ageMs: number, bytes: number): Promise<void> {
  const end = Date.now() - ageMs;
  const ids = Array.from({ length: count }, (_, index) => firstIdAt(end - (count - 1 - index) * 1000));
  await gateways.database.query(
    `INSERT INTO input (id, data, length, outcome, trace_id)
     SELECT id, repeat(md5(old.id::text), $2), $2, 'logged', gen_random_uuid() FROM unnest($1::uuid[]) old (id)`,
    [ids, Math.ceil(bytes / 32)],
  );
}

const count = async (): Promise<number> => Number((await gateways.database.query('SELECT count(*) AS n FROM input'))[0]?.['n']);

test('inputs older than the limit go, younger ones stay', async () => {
  await using app = await gateways.start({ MLAB_GATEWAY_INPUT_LOG_KEEP_DAYS: '10', MLAB_GATEWAY_INPUT_LOG_RETENTION_EVERY_MS: '20' });
  await insertOld(5000, 10 * DAY_MS + 1000, 32);
  await insertOld(100, 9 * DAY_MS, 32);
  await log(app, 'new');
  await until('the old ones are gone', async () => (await count()) === 101);
  const metrics = await (await fetch(`${app.url}/metrics`)).text();
  assert.match(metrics, /mlab_input_log_deleted_total\{reason="age"\} 5000\n/);
});

test('0 days means for ever', async () => {
  await using app = await gateways.start({
    MLAB_GATEWAY_INPUT_LOG_KEEP_DAYS: '0',
    MLAB_GATEWAY_INPUT_LOG_RETENTION_EVERY_MS: '5',
    MLAB_GATEWAY_INPUT_LOG_KEEP_BYTES: '4000000',
  });
  await insertOld(10, 1000 * DAY_MS, 32);
  await insertOld(9000, 1000, 1000);
  await until('a round was made', async () => (await count()) < 9000);
  assert.ok((await count()) > 0);
  assert.match(await (await fetch(`${app.url}/metrics`)).text(), /deleted_total\{reason="age"\} 0|deleted_total\{reason="size"\}/);
});

test('beyond the limit of bytes the oldest go, and about as many as fit stay, round after round', async () => {
  await using app = await gateways.start({ MLAB_GATEWAY_INPUT_LOG_KEEP_BYTES: '4000000', MLAB_GATEWAY_INPUT_LOG_RETENTION_EVERY_MS: '20' });
  await insertOld(10_000, 1000, 1000);
  let before = Number.NaN;
  let still = 0;
  await until('the number stands still', async () => {
    const now = await count();
    still = now === before && now < 10_000 ? still + 1 : 0;
    before = now;
    return still > 20;
  });
  assert.ok(before > 2200 && before < 4500, `${before} inputs of a kilobyte are in 4 MB`);
  await log(app, 'new');
  const { items } = await app.client.listInputs({ limit: 1 }, call());
  assert.equal(items[0]?.data, 'new');
});

test('while another gateway has the lock, this one leaves it to that one', async () => {
  await using app = await gateways.start({ MLAB_GATEWAY_INPUT_LOG_KEEP_DAYS: '10', MLAB_GATEWAY_INPUT_LOG_RETENTION_EVERY_MS: '5' });
  await gateways.database.query(`SELECT pg_advisory_lock(20761, 'input'::regclass::oid::integer)`);
  await insertOld(10, 20 * DAY_MS, 32);
  await log(app, 'new');
  const statements = async (): Promise<number> =>
    Number(
      (
        await gateways.database.query(
          `SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE '%pg_try_advisory_xact_lock%' AND pid <> pg_backend_pid()`,
        )
      )[0]?.['n'],
    );
  await until('it has asked for the lock', async () => (await statements()) > 0);
  assert.equal(await count(), 11);
  await gateways.database.query(`SELECT pg_advisory_unlock(20761, 'input'::regclass::oid::integer)`);
  await until('it deletes once it can', async () => (await count()) === 1);
});
