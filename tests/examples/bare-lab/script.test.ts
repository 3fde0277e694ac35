import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run, type Outcome } from '../run.ts';
import { leaveLab, sharedLab } from './lab.ts';

const SCRIPT = fileURLToPath(new URL('../../../examples/test_services.sh', import.meta.url));
const ask = (serviceA: string, serviceB: string): Promise<Outcome> => run('bash', [SCRIPT], { SERVICE_A: serviceA, SERVICE_B: serviceB });

let lab: Awaited<ReturnType<typeof sharedLab>>;
before(async () => void (lab = await sharedLab()));
after(leaveLab);

test('the script finds every answer of the lab right, and uses colours on a terminal only', async () => {
  const { code, output } = await ask(lab.serviceA, lab.serviceB);
  assert.match(output, /\n3\d right, 0 wrong\n$/, output);
  assert.equal(code, 0);
  assert.ok(!output.includes('\u001b'), output);
});

test('the script says what is wrong and fails', async () => {
  const { code, output } = await ask(lab.serviceA, lab.serviceA);
  assert.match(output, /WRONG predicts\n {8}wanted 200 .*\n {8}got {4}404 \{"detail":"Not Found"\}/, output);
  assert.equal(code, 1);
});

test('the script says how to start the lab where nothing answers', async () => {
  const { code, errors } = await ask('http://127.0.0.1:1', lab.serviceB);
  assert.equal(errors, 'Service A does not answer at http://127.0.0.1:1. Start the lab with: npm start\n');
  assert.equal(code, 1);
});
