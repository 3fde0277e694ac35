import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError, defineContract, defineService, Host, operation, rootCall, schema, type AnyService, type Contract } from '@mlab/kernel';
import { startTest } from '@mlab/kernel/testing';
import { Type } from '@mlab/schema';
import { openLog } from '@mlab/telemetry';

const nothing = Type.Object({});
const contractNamed = (name: string): Contract =>
  defineContract({ name, title: name, label: name, description: name, port: 1, wire: 'problem', operations: {} });

/** A service that writes into `diary` when it starts and when it ends. */
function diarist(name: string, needs: Readonly<Record<string, Contract>>, diary: string[]): AnyService {
  return defineService({
    contract: contractNamed(name),
    needs,
    config: schema(nothing),
    start: () => {
      diary.push(`start ${name}`);
      return { handlers: {}, [Symbol.asyncDispose]: async () => void diary.push(`end ${name}`) };
    },
  });
}

const start = (services: readonly AnyService[]): Promise<Host> =>
  Host.start({
    services,
    ports: Object.fromEntries(services.map(({ contract }) => [contract.name as string, 0])),
    logger: openLog({ level: 'silent' }).logger,
    version: '0',
  });

test('services start behind what they need and end in the reverse order', async () => {
  const diary: string[] = [];
  const [a, b, c] = ['a', 'b', 'c'].map(contractNamed) as [Contract, Contract, Contract];
  const host = await start([diarist('a', { b, c }, diary), diarist('b', { c }, diary), diarist('c', {}, diary)]);
  assert.equal(a.name, 'a');
  await host[Symbol.asyncDispose]();
  assert.deepEqual(diary, ['start c', 'start b', 'start a', 'end a', 'end b', 'end c']);
});

test('services that need each other in a circle are refused with the circle', async () => {
  const [a, b] = ['a', 'b'].map(contractNamed) as [Contract, Contract];
  await assert.rejects(start([diarist('a', { b }, []), diarist('b', { a }, [])]), /in a circle: a → b → a/);
});

test('a need that is neither here nor elsewhere stops the start with what to do, and what had started is ended', async () => {
  const diary: string[] = [];
  await assert.rejects(
    start([diarist('c', {}, diary), diarist('a', { b: contractNamed('b') }, diary)]),
    /a needs b: host it in the same process, or say where it is with --peer b=URL/,
  );
  assert.deepEqual(diary, ['start c', 'end c']);
});

test('a service starts without what it only wants, and behind it where that is there', async () => {
  const pantry = defineContract({ ...contractNamed('pantry'), operations: {} });
  const diary: string[] = [];
  const cook = defineService({
    contract: contractNamed('cook'),
    needs: {},
    wants: { pantry },
    config: schema(nothing),
    start: ({ clients }) => {
      diary.push(clients.pantry === undefined ? 'cook has no pantry' : 'cook has a pantry');
      return { handlers: {} };
    },
  });
  await (await start([cook]))[Symbol.asyncDispose]();
  await (await start([cook, diarist('pantry', {}, diary)]))[Symbol.asyncDispose]();
  assert.deepEqual(diary, ['cook has no pantry', 'start pantry', 'cook has a pantry', 'end pantry']);
});

test('a port that is taken stops the start with a sentence', async () => {
  await using first = await start([diarist('a', {}, [])]);
  const port = Number(new URL(first.url('a')).port);
  const again = Host.start({
    services: [diarist('a', {}, [])],
    ports: { a: port },
    logger: openLog({ level: 'silent' }).logger,
    version: '0',
  });
  await assert.rejects(again, new RegExp(`^Error: Port ${port} for a is taken`));
});

test('what is under way at the end is still answered, and /ready has said no before', async () => {
  const slow = defineContract({
    name: 'slow',
    title: 'Slow',
    label: 'Slow',
    description: 'Waits until it is told.',
    port: 1,
    wire: 'problem',
    operations: { wait: operation('POST /wait', { summary: 'Wait', scope: 'slow:wait', input: nothing, output: nothing }) },
  });
  let arrived = (): void => {};
  let release = (): void => {};
  const arrival = new Promise<void>((resolve) => {
    let left = 5;
    arrived = () => void (--left === 0 && resolve());
  });
  const gate = new Promise<void>((resolve) => (release = resolve));
  const service = defineService({
    contract: slow,
    needs: {},
    config: schema(nothing),
    start: () => ({
      handlers: {
        wait: async () => {
          arrived();
          await gate;
          return {};
        },
      },
    }),
  });
  const app = await startTest(service);
  const ready = await fetch(`${app.url}/ready`);
  assert.equal(ready.status, 200);
  const answers = Array.from({ length: 5 }, () => app.client.wait({}, rootCall('test')));
  await arrival;
  const started = performance.now();
  const ended = app.host[Symbol.asyncDispose]();
  // The server has stopped listening: only then it is seen whether what is answered now ends its connection.
  await assert.rejects(untilRefused(app.url));
  release();
  assert.deepEqual(await Promise.all(answers), [{}, {}, {}, {}, {}]);
  await ended;
  assert.ok(performance.now() - started < 5000, 'no connection was waited for that nobody uses');
  await assert.rejects(app.client.wait({}, rootCall('test')), (error) => AppError.is(error, 'unavailable'));
  await app[Symbol.asyncDispose]();
});

/** Asks until nobody listens any more; then it rejects. */
async function untilRefused(url: string): Promise<never> {
  for (;;) await (await fetch(`${url}/health`, { headers: { connection: 'close' } })).text();
}
