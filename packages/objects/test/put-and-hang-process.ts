import { openObjectsFacility } from '#/index.ts';
import { hangingAfter, MIB } from './sources.ts';
import { openTestOwner } from './test-owner.ts';
import { settings } from './test-settings.ts';

/** Is killed in the middle of a put, after it has said that it is there. */
const facility = await openObjectsFacility({ ...settings, folder: process.argv[2] ?? '' });
const objects = await facility.openObjects(await openTestOwner('shop'));
const { source, reached } = hangingAfter(2 * MIB);
void reached.then(() => process.stdout.write('hangs'));
const staying = setInterval(() => {}, 60_000);
await objects.put('key', source).finally(() => clearInterval(staying));
