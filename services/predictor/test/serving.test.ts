import { after, before } from 'node:test';
import { explanations } from './explanations.ts';
import { loading } from './loading.ts';
import { rows } from './rows.ts';
import { startServing, type TestServing } from './serving-for-test.ts';
import { swapping } from './swapping.ts';

let serving: TestServing;
before(async () => (serving = await startServing()));
after(() => serving[Symbol.asyncDispose]());

rows(() => serving);
loading(() => serving);
explanations(() => serving);
swapping(() => serving);
