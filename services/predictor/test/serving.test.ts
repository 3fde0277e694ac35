import { after, before } from 'node:test';
import { explanations } from './explanations.ts';
import { loading } from './loading.ts';
import { rows } from './rows.ts';
import { startServing, type TestServing } from './serving-for-test.ts';
import { swapping } from './swapping.ts';

let serving: TestServing;
// What changes is heard: to wait until it is asked for again would take an hour.
before(async () => (serving = await startServing({ MLAB_PREDICTOR_REFRESH_MS: '3600000' })));
after(() => serving[Symbol.asyncDispose]());

rows(() => serving);
loading(() => serving);
explanations(() => serving);
swapping(() => serving);
