import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError, rootCall, type CallMeta, type Transaction } from '@mlab/kernel';
import { integer, isForeignKeyViolation, isUniqueViolation, sql, type OpenedService } from '#/index.ts';
import { openTestDatabase, openTestService, testOwner, type TestDatabase } from '#/testing.ts';
import { connect, type Admin } from './admin.ts';

let server: TestDatabase;
let service: OpenedService;
let admin: Admin;
const metrics = async (): Promise<string> => owner.telemetry.metrics.registry.metrics();
const owner = await testOwner('money');

before(async () => {
  server = await openTestDatabase();
  admin = await connect(server.url);
  const migrations = [
    `CREATE TABLE account (id int CONSTRAINT account_key PRIMARY KEY, n int NOT NULL CHECK (n >= 0));
     CREATE TABLE transfer (id int PRIMARY KEY, account int NOT NULL CONSTRAINT of_account REFERENCES account (id))`,
  ];
  service = await openTestService(owner, server.url, { migrations, settings: { maxConnections: 4 } });
});
after(async () => {
  await service[Symbol.asyncDispose]();
  await admin[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
const call = (ms = 20_000): CallMeta => rootCall('test', ms);

beforeEach(async () => {
  await service.database.for(call()).run(sql`DELETE FROM transfer`);
  await service.database.for(call()).run(sql`DELETE FROM account`);
  await service.database.for(call()).run(sql`INSERT INTO account (id, n) VALUES (1, 10), (2, 20)`);
});

const accounts = (): Promise<readonly number[]> =>
  service.database.for(call()).all(sql`SELECT n FROM account ORDER BY id`, (row) => integer(row['n']));
const add = (tx: Transaction, id: number, n: number): Promise<number> => tx.run(sql`UPDATE account SET n = n + ${n} WHERE id = ${id}`);
const read = async (tx: Transaction, id: number): Promise<number> =>
  (await tx.first(sql`SELECT n FROM account WHERE id = ${id}`, (row) => integer(row['n']))) ?? Number.NaN;

/** No connection of the service is in a transaction, and none is lent. */
async function allReturned(): Promise<void> {
  const open = `SELECT 1 FROM pg_stat_activity WHERE application_name = 'mlab money' AND state <> 'idle'`;
  while ((await admin.run(open)).length > 0) await delay(2);
}

test('what the work did is committed when it resolves, and rolled back when it rejects', async () => {
  const done: string[] = [];
  const result = await service.database.transaction(call(), async (tx) => {
    tx.afterCommit(() => done.push('after'));
    await add(tx, 1, -5);
    await add(tx, 2, 5);
    assert.deepEqual(await accounts(), [10, 20]);
    done.push('work');
    return 'result';
  });
  assert.deepEqual([result, done, await accounts()], ['result', ['work', 'after'], [5, 25]]);

  const failed = service.database.transaction(call(), async (tx) => {
    tx.afterCommit(() => done.push('never'));
    await add(tx, 1, 100);
    throw new AppError('conflict', 'no');
  });
  await assert.rejects(failed, (error) => AppError.is(error, 'conflict'));
  assert.deepEqual(
    [done, await accounts()],
    [
      ['work', 'after'],
      [5, 25],
    ],
  );
  await allReturned();
});

test('a task after the commit that fails changes nothing', async () => {
  const done: string[] = [];
  await service.database.transaction(call(), async (tx) => {
    tx.afterCommit(() => {
      throw new Error('oh');
    });
    tx.afterCommit(() => done.push('second'));
    await add(tx, 1, 1);
  });
  assert.deepEqual([done, await accounts()], [['second'], [11, 20]]);
});

test('work that collides with other work is done again until it stands', async () => {
  const before = /retries_total (\d+)/.exec(await metrics())?.[1];
  await Promise.all(
    Array.from({ length: 12 }, () =>
      service.database.transaction(
        call(),
        async (tx) => {
          const n = await read(tx, 1);
          await tx.run(sql`UPDATE account SET n = ${n + 1} WHERE id = 1`);
        },
        { isolation: 'serializable' },
      ),
    ),
  );
  assert.deepEqual(await accounts(), [22, 20]);
  assert.notEqual(/retries_total (\d+)/.exec(await metrics())?.[1], before);
});

test('a deadlock is resolved by doing the work of one side again', async () => {
  let attempts = 0;
  const met = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  const side = (mine: 0 | 1): Promise<void> =>
    service.database.transaction(call(), async (tx) => {
      attempts++;
      await add(tx, mine + 1, 1);
      met[mine].resolve();
      await met[mine === 0 ? 1 : 0].promise;
      await add(tx, mine === 0 ? 2 : 1, 1);
    });
  await Promise.all([side(0), side(1)]);
  assert.deepEqual([await accounts(), attempts], [[12, 22], 3]);
});

test('a collision is noticed also when the work puts an error of its own in its place, or swallows it', async () => {
  for (const swallow of [false, true]) {
    let attempts = 0;
    await service.database.transaction(
      call(),
      async (tx) => {
        attempts++;
        await read(tx, 1);
        // Somebody else is quicker, the first time.
        if (attempts === 1) await service.database.for(call()).run(sql`UPDATE account SET n = n + 1 WHERE id = 1`);
        try {
          await add(tx, 1, 1);
        } catch {
          if (!swallow) throw new AppError('conflict', 'somebody was quicker');
        }
      },
      { isolation: 'repeatable read' },
    );
    assert.equal(attempts, 2);
  }
  assert.deepEqual(await accounts(), [14, 20]);
});

test('collisions without end end at the deadline', async () => {
  const colliding = service.database.transaction(
    call(300),
    async (tx) => {
      await read(tx, 1);
      await service.database.for(call()).run(sql`UPDATE account SET n = n + 1 WHERE id = 1`);
      await add(tx, 1, 1);
    },
    { isolation: 'repeatable read' },
  );
  await assert.rejects(colliding, (error) => AppError.is(error, 'deadline'));
  await allReturned();
});

test('a failed statement that the work swallows is not taken for a success', async () => {
  const swallowed = service.database.transaction(call(), async (tx) => {
    await add(tx, 2, 5);
    await add(tx, 1, -11).catch(() => undefined);
  });
  await assert.rejects(swallowed, /was rolled back: a statement in it had failed, and its work went on/);
  assert.deepEqual(await accounts(), [10, 20]);
});

test('work that ends the transaction itself is refused', async () => {
  const done: string[] = [];
  for (const statement of [sql`COMMIT`, sql`ROLLBACK`]) {
    const ended = service.database.transaction(call(), async (tx) => {
      tx.afterCommit(() => done.push('never'));
      await tx.run(statement);
    });
    await assert.rejects(ended, /A statement in a transaction of money ended it/);
  }
  assert.deepEqual(done, []);
});

test('work that waits for something else for too long keeps no transaction open', async () => {
  const never = Promise.withResolvers<void>();
  let late: Promise<unknown> | undefined;
  const waiting = service.database.transaction(call(100), async (tx) => {
    await add(tx, 1, 1);
    await never.promise;
    late = add(tx, 1, 1);
    await late;
  });
  await assert.rejects(waiting, (error) => AppError.is(error, 'deadline'));
  await allReturned();
  never.resolve();
  await new Promise((resolve) => void setImmediate(resolve));
  assert.ok(late !== undefined);
  await assert.rejects(late, /came after the end of its transaction/);
  assert.deepEqual(await accounts(), [10, 20]);
});

test('a statement that the work does not wait for ends with the transaction', async () => {
  let stray: Promise<unknown> | undefined;
  const careless = service.database.transaction(call(), async (tx) => {
    stray = tx.run(sql`SELECT pg_sleep(30)`);
    stray.catch(() => undefined);
    await new Promise((resolve) => void setImmediate(resolve));
    throw new Error('no');
  });
  await assert.rejects(careless, /^Error: no$/);
  await assert.rejects(stray as Promise<unknown>, /await every statement/);
  await allReturned();
});

test('statements of one transaction that are started together run one after the other', async () => {
  await service.database.transaction(call(), async (tx) => {
    const results = await Promise.all([add(tx, 1, 1), read(tx, 1), add(tx, 1, 1), read(tx, 1)]);
    assert.deepEqual(results, [1, 11, 1, 12]);
  });
  assert.deepEqual(await accounts(), [12, 20]);
});

test('a statement in a transaction ends at the deadline, and nothing of the transaction stays', async () => {
  const slow = service.database.transaction(call(150), async (tx) => {
    await add(tx, 1, 1);
    await tx.run(sql`SELECT pg_sleep(30)`);
  });
  await assert.rejects(slow, (error) => AppError.is(error, 'deadline'));
  await allReturned();
  assert.deepEqual(await accounts(), [10, 20]);
});

test('a store recognises a key that is taken and a reference that leads nowhere', async () => {
  const db = service.database.for(call());
  const violation = async (statement: Promise<unknown>): Promise<unknown> =>
    await statement.then(
      () => assert.fail('it was accepted'),
      (error: unknown) => error,
    );
  const taken = await violation(db.run(sql`INSERT INTO account (id, n) VALUES (1, 1)`));
  assert.deepEqual(
    [isUniqueViolation(taken), isUniqueViolation(taken, 'account_key'), isUniqueViolation(taken, 'other'), isForeignKeyViolation(taken)],
    [true, true, false, false],
  );
  const nowhere = await violation(db.run(sql`INSERT INTO transfer (id, account) VALUES (1, 9)`));
  assert.deepEqual([isForeignKeyViolation(nowhere, 'of_account'), isUniqueViolation(nowhere)], [true, false]);
  const inside = await violation(service.database.transaction(call(), (tx) => tx.run(sql`INSERT INTO account (id, n) VALUES (1, 1)`)));
  assert.equal(isUniqueViolation(inside, 'account_key'), true);
  assert.equal(AppError.from(taken).code, 'internal');
  assert.match(String(taken), /duplicate key value .* It was: INSERT INTO account \(id, n\) VALUES \(1, 1\)$/);
});

test('what the database does is counted', async () => {
  await service.database.for(call()).run(sql`SELECT 1`);
  await service.database
    .for(call(20))
    .run(sql`SELECT pg_sleep(1)`)
    .catch(() => undefined);
  let text = '';
  while (!text.includes('mlab_database_connections{state="busy"} 0')) {
    await new Promise((resolve) => void setImmediate(resolve));
    text = await metrics();
  }
  assert.match(text, /mlab_database_connections\{state="idle"\} [1-4]/);
  assert.match(text, /mlab_database_waiting_calls 0/);
  for (const outcome of ['ok', 'deadline', 'collision', 'internal'])
    assert.match(text, new RegExp(`mlab_database_statement_duration_seconds_count\\{outcome="${outcome}"\\} [1-9]`));
});
