import { after, before } from 'node:test';
import { openDoor, type Door } from './door.ts';
import { startTraining, type TestTraining } from './training-for-test.ts';

/** One service for all tests of a process: it takes longer to start than they take. There from the first test on. */
export let app: TestTraining;
/** Where its programs find it. */
export let door: Door;

before(async () => {
  door = await openDoor();
  app = await startTraining({
    MLAB_TRAINING_UPLOAD_MAX_BYTES: '3000000',
    MLAB_TRAINING_MAX_PLAIN_BYTES: '4000000',
    MLAB_TRAINING_CHECKPOINT_MS: '0',
    MLAB_TRAINING_JOBS_AT_ONCE: '2',
    MLAB_TRAINING_PUBLIC_URL: door.url,
    MLAB_TRAINING_GRACE_MS: '100',
  });
  door.leadsTo = app.url;
});
after(async () => {
  await app[Symbol.asyncDispose]();
  await door[Symbol.asyncDispose]();
});
