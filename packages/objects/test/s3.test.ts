import { openObjectsFacility } from '#/index.ts';
import { testObjects } from './contract.ts';
import { startS3Server } from './s3-server.ts';
import { MIB } from './sources.ts';
import { credentials, settings } from './test-settings.ts';

Object.assign(process.env, credentials);

testObjects('S3', { large: 8 * MIB + 12_345, rounds: 4 }, async () => {
  const server = await startS3Server('files');
  const facility = await openObjectsFacility({
    ...settings,
    store: 's3',
    bucket: 'files',
    prefix: 'lab/',
    endpoint: server.url,
    pathStyle: true,
  });
  return {
    facility,
    leftovers: async (service) => {
      const temporary = [...server.objects.keys()].filter((key) => key.startsWith(`lab/.incoming/${service}/`));
      const uploads = [...server.uploads.values()].filter(({ key }) => key.includes(`/${service}/`));
      return [...temporary, ...uploads.map(({ key }) => `upload of ${key}`)];
    },
    [Symbol.asyncDispose]: async () => {
      await facility[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
});
