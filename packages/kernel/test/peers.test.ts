import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { defineService, rootCall, schema, type Clock, type Peer, type ClientOf } from '@mlab/kernel';
import { startTest } from '@mlab/kernel/testing';
import { Type } from '@mlab/schema';
import { reader, shelf } from './sample-services.ts';

interface Copies extends AsyncDisposable {
  readonly port: number;
  /** Requests by the address they came to. */
  readonly seen: Map<string, number>;
}

/** One server that stands for several: all of 127.0.0.0/8 leads to it. */
async function startCopies(): Promise<Copies> {
  const seen = new Map<string, number>();
  const server = createServer((request, response) => {
    const to = request.socket.localAddress ?? '';
    seen.set(to, (seen.get(to) ?? 0) + 1);
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ id: 1, name: request.headers.host, tags: [] }));
  });
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

test('a name with several addresses is that many instances, looked up again and again', async () => {
  await using copies = await startCopies();
  let addresses = ['127.0.0.1', '127.0.0.2'];
  const tasks: (() => void)[] = [];
  const clock: Clock = { now: () => new Date(), monotonic: () => performance.now(), schedule: (_ms, task) => (tasks.push(task), () => {}) };
  let peer: Peer<ClientOf<typeof shelf>> | undefined;
  const changes: string[][] = [];
  const service = defineService({
    contract: reader,
    needs: { shelf },
    config: schema(Type.Object({})),
    start: ({ peers, clients }) => {
      peer = peers.shelf;
      peer.onChange((instances) => changes.push(instances.map(({ id }) => id)));
      client = clients.shelf;
      return { handlers: {} };
    },
  });
  let client: ClientOf<typeof shelf> | undefined;
  const resolve = async (): Promise<readonly string[]> => {
    if (addresses.length === 0) throw new Error('the name server is away');
    return addresses;
  };
  await using app = await startTest(service, { peers: { shelf: `http://shelf.test:${copies.port}` }, resolve, clock });
  assert.ok(app.url);
  const ids = (): readonly string[] => peer?.instances().map(({ id }) => id) ?? [];
  const lookAgain = async (): Promise<void> => {
    tasks.splice(0).forEach((task) => task());
    await new Promise((done) => setImmediate(done));
  };
  assert.deepEqual(ids(), [`127.0.0.1:${copies.port}`, `127.0.0.2:${copies.port}`]);

  for (let i = 0; i < 4; i++) {
    const { name } = await (client as ClientOf<typeof shelf>).get({ id: 1, tags: [], loud: false }, rootCall('test'));
    assert.equal(name, `shelf.test:${copies.port}`, 'the Host header keeps the name');
  }
  assert.deepEqual(Object.fromEntries(copies.seen), { '127.0.0.1': 2, '127.0.0.2': 2 });

  const kept = peer?.instances()[1];
  addresses = ['127.0.0.2', '127.0.0.3'];
  await lookAgain();
  assert.deepEqual(ids(), [`127.0.0.2:${copies.port}`, `127.0.0.3:${copies.port}`]);
  assert.equal(peer?.instances()[0]?.client, kept?.client, 'an instance that stays keeps its client');
  assert.deepEqual(changes, [ids()]);

  addresses = [];
  await lookAgain();
  assert.equal(ids().length, 2, 'what was known stays while the name server is away');
  assert.equal(changes.length, 1);
});
