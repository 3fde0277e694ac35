import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { PLACEMENTS } from '../lab.ts';
import { expectSame, play, readEntries, type Entry } from '../lab-contract/cases.ts';
import { startHere } from '../platform-here.ts';
import { leaveLabs, sharedLab } from '../shared-labs.ts';

const entries = readEntries();
const withB = entries.filter(({ service }) => service !== 'a-without-b');
const withoutB = entries.filter(({ service }) => service === 'a-without-b');

after(leaveLabs);

for (const placement of PLACEMENTS) {
  test(`${placement}: every recorded request is answered as by the FastAPI original`, async () => {
    const lab = await sharedLab(placement);
    await expectAll(withB, ({ service }) => (service === 'a' ? lab.a : lab.b));
  });
}

test('without Service B every recorded request is answered as by the FastAPI original', async () => {
  await using gateway = await startHere({ target: 'gateway', env: { SERVICE_B_URL: 'http://127.0.0.1:9/predict' } });
  await expectAll(withoutB, () => gateway.urls['gateway'] ?? '');
});

async function expectAll(list: readonly Entry[], baseOf: (entry: Entry) => string): Promise<void> {
  assert.ok(list.length > 0, 'there is something to compare');
  const differences: string[] = [];
  for (const entry of list) {
    const answer = await play(entry, baseOf(entry));
    try {
      expectSame(entry, answer);
    } catch (error) {
      differences.push((error as Error).message);
    }
  }
  assert.equal(
    differences.length,
    0,
    `${differences.length} of ${list.length} differ:\n${differences.slice(0, Number(process.env['SHOW'] ?? 10)).join('\n\n')}`,
  );
}
