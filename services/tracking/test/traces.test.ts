import { after, before, describe } from 'node:test';
import { openTraces } from './traces-for-test.ts';
import { assessmentTests } from './traces/assessments.ts';
import { deletionTests } from './traces/deletion.ts';
import { infoTests } from './traces/infos.ts';
import { numberTests } from './traces/numbers.ts';
import { refusalTests } from './traces/refusals.ts';
import { searchTests } from './traces/search.ts';
import { spanTests } from './traces/spans.ts';
import { startTracking, type TestTracking } from './tracking-for-test.ts';

// One service for all of them, because it takes longer to start than they take.
let tracking: TestTracking;
before(async () => {
  tracking = await startTracking({ MLAB_TRACKING_KEEP_TRACE_DAYS: '3650' });
});
after(() => tracking[Symbol.asyncDispose]());

const open = () => openTraces(tracking);
describe('spans', () => spanTests(open));
describe('refused spans', () => refusalTests(open));
describe('traces', () => infoTests(open));
describe('deleted traces', () => deletionTests(open));
describe('search', () => searchTests(open));
describe('assessments', () => assessmentTests(open));
describe('numbers and files', () => numberTests(open));
