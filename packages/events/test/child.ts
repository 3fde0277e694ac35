import type { AnyConsumer } from '@mlab/kernel';
import { listener, packer, shop } from './shop.ts';
import { note, openProcess, openService, settingsOf } from './stage.ts';

/**
 * A process of its own, to be killed. Opens one service on a given database and bus and says on its output what it does:
 * `ready`, `began <order>`, `done <order>`.
 */
const [role = '', adminUrl = '', settings = '{}'] = process.argv.slice(2);
const facility = await openProcess(adminUrl, settingsOf(JSON.parse(settings) as object));
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const handle: AnyConsumer = async (event, { tx }) => {
  const { order, note: what } = (event as unknown as { data: { order: number; note?: string } }).data;
  say(`began ${order}`);
  if (what === 'hang') await new Promise(() => {});
  if (what === 'kill') process.kill(process.pid, 'SIGKILL');
  await note(tx, 'placed', String(order));
  say(`done ${order}`);
};

if (role === 'listener') {
  await openService(facility, adminUrl, { contract: listener, consumes: { placed: shop.events.placed }, consumers: { placed: handle } });
} else if (role === 'shop') {
  await openService(facility, adminUrl, { contract: shop, needs: [packer] });
} else if (role === 'requester') {
  const service = await openService(facility, adminUrl, { contract: shop, needs: [packer] });
  const { rootCall } = await import('@mlab/kernel');
  void service.events.request(rootCall('child', 20_000), packer.queues.pack, { order: 1 });
}
say('ready');
