import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openObjectsFacility } from '#/index.ts';
import { testObjects } from './contract.ts';
import { MIB } from './sources.ts';
import { settings } from './test-settings.ts';

testObjects('a folder', { large: 2 * MIB + 12_345, rounds: 20 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mlab-objects-'));
  const facility = await openObjectsFacility({ ...settings, folder });
  return {
    facility,
    leftovers: (service) => readdir(join(folder, service, '.incoming')),
    [Symbol.asyncDispose]: async () => {
      await facility[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
});
