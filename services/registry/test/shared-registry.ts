import { after, before } from 'node:test';
import { startRegistry, type TestRegistry } from './registry-for-test.ts';

/** One service for all tests of a process: it takes longer to start than they take. There from the first test on. */
export let app: TestRegistry;

before(async () => {
  app = await startRegistry({
    env: {
      MLAB_REGISTRY_WEBHOOKS_ALLOW_PRIVATE: 'true',
      MLAB_REGISTRY_WEBHOOKS_SECRET_KEY: 'a key',
      MLAB_REGISTRY_WEBHOOKS_ATTEMPTS: '3',
      MLAB_REGISTRY_WEBHOOKS_BACKOFF_MS: '10',
      MLAB_REGISTRY_WEBHOOKS_TIMEOUT_MS: '400',
    },
  });
});
after(() => app[Symbol.asyncDispose]());
