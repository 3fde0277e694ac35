import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net';
import { test } from 'node:test';
import { rootCall } from '@mlab/kernel';
import { startTest } from '@mlab/kernel/testing';
import { clientOf, refusal, sampleOf } from './grpc-sample.ts';

/** Stands before a service; `pass` says what becomes of each connection, and of those that are open. */
async function openPassage(to: string) {
  const { port: behind } = new URL(to);
  const open = new Set<Socket>();
  const passage = {
    /** What each connection that comes waits for. */
    pass: (): Promise<void> => Promise.resolve(),
    came: 0,
    port: 0,
    listen: async (): Promise<void> => {
      server.listen(passage.port, '127.0.0.1');
      await once(server, 'listening');
      passage.port = (server.address() as AddressInfo).port;
    },
    /** No bytes through what is open, and no word of it to anybody. */
    hush: (): void => {
      for (const socket of open) socket.unpipe();
    },
    close: async (): Promise<void> => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
    [Symbol.asyncDispose]: () => passage.close(),
  };
  const lead = async (here: Socket): Promise<void> => {
    passage.came++;
    open.add(here.on('error', () => {}));
    await passage.pass();
    const there = connectTcp(Number(behind), '127.0.0.1');
    open.add(there.on('error', () => {}));
    here.on('close', () => there.destroy());
    there.on('close', () => here.destroy());
    here.pipe(there).pipe(here);
  };
  const server = createServer((here) => void lead(here));
  await passage.listen();
  return passage;
}

test('who asks when nobody was there makes a try of his own, and waits for what takes its time to answer', async () => {
  await using app = await startTest(sampleOf((input) => input));
  await using passage = await openPassage(app.grpcUrl);
  await using asker = clientOf(`http://127.0.0.1:${passage.port}`);
  await passage.close();
  for (let times = 0; times < 3; times++)
    assert.equal((await refusal(asker.client.predict({ input: 'x' }, rootCall('test')))).failure?.kind, 'refused');
  // The library alone would say no for its own time, and go on to until the other side has said its first word.
  passage.pass = () => new Promise((resolve) => setTimeout(resolve, 300));
  await passage.listen();
  const inputs = ['a', 'b', 'c', 'd'];
  const answers = await Promise.all(inputs.map((input) => asker.client.predict({ input }, rootCall('test'))));
  assert.deepEqual(
    answers.map(({ message }) => message),
    inputs,
  );
  // One for all of them, and perhaps the last that the library tried by itself.
  assert.ok(passage.came <= 2, String(passage.came));
});

test('a connection that does not come about, and one that has died without a word, are replaced', async () => {
  await using app = await startTest(sampleOf((input) => input));
  await using passage = await openPassage(app.grpcUrl);
  await using asker = clientOf(`http://127.0.0.1:${passage.port}`, 'test', 300);
  const answered = async (): Promise<void> => {
    for (let times = 0; times < 25; times++) {
      const answer = await asker.client.predict({ input: 'x' }, rootCall('test', 200)).catch(() => undefined);
      if (answer?.message === 'x') return;
    }
    assert.fail('nothing came through');
  };
  passage.pass = () => new Promise(() => {});
  assert.equal((await refusal(asker.client.predict({ input: 'x' }, rootCall('test', 200)))).code, 'deadline');
  passage.pass = () => Promise.resolve();
  await answered();
  passage.hush();
  assert.equal((await refusal(asker.client.predict({ input: 'x' }, rootCall('test', 200)))).code, 'deadline');
  await answered();
});

test('a connection can be there before the first question, and nobody there is no error', async () => {
  await using app = await startTest(sampleOf((input) => input));
  await using passage = await openPassage(app.grpcUrl);
  await using asker = clientOf(`http://127.0.0.1:${passage.port}`);
  await asker.connect(3000);
  assert.equal(passage.came, 1);
  assert.equal((await asker.client.predict({ input: 'x' }, rootCall('test'))).message, 'x');
  assert.equal(passage.came, 1);
  await passage.close();
  await refusal(asker.client.predict({ input: 'x' }, rootCall('test')));
  await asker.connect(3000);
  await passage.listen();
  assert.equal((await asker.client.predict({ input: 'x' }, rootCall('test'))).message, 'x');
});
