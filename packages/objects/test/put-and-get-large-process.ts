import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { openObjectsFacility, type ObjectsSettings } from '#/index.ts';
import { MIB } from './sources.ts';
import { openTestOwner } from './test-owner.ts';

await using facility = await openObjectsFacility(JSON.parse(process.argv[2] ?? '') as ObjectsSettings);
await using objects = await facility.openObjects(await openTestOwner());

// What the code itself needs is there before it is measured.
await objects.put('small', Buffer.from('x'));
for await (const chunk of (await objects.get('small')).body) void chunk;
const before = process.memoryUsage().rss;
let most = before;

async function* source(): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < 96 * 16; sent++) {
    most = Math.max(most, process.memoryUsage().rss);
    yield Buffer.alloc(MIB / 16, sent);
  }
}

const { sha256, size } = await objects.put('large', source());
const hash = createHash('sha256');
for await (const chunk of (await objects.get('large')).body) {
  most = Math.max(most, process.memoryUsage().rss);
  hash.update(chunk as Buffer);
}
const hasSdk = Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('@aws-sdk'));
process.stdout.write(JSON.stringify({ size, isSame: hash.digest('hex') === sha256, grownMiB: Math.round((most - before) / MIB), hasSdk }));
