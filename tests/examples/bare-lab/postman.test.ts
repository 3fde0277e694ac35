import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '../run.ts';
import { leaveLab, sharedLab } from './lab.ts';

const file = (name: string): string => fileURLToPath(new URL(`../../../examples/postman/ml-lab.postman_${name}.json`, import.meta.url));
after(leaveLab);

const newman = join(dirname(createRequire(import.meta.url).resolve('newman/package.json')), 'bin/newman.js');

interface Report {
  readonly run: {
    readonly stats: { readonly requests: { readonly total: number }; readonly assertions: { readonly total: number } };
    readonly failures: readonly {
      readonly source: { readonly name: string };
      readonly error: { readonly test: string; readonly message: string };
    }[];
  };
}

async function runCollection(serviceA: string, serviceB: string): Promise<{ code: number | null; report: Report }> {
  const folder = await mkdtemp(join(tmpdir(), 'mlab-newman-'));
  try {
    const output = join(folder, 'report.json');
    const targets = ['--env-var', `service_a=${serviceA}`, '--env-var', `service_b=${serviceB}`];
    const reporter = ['--reporters', 'json', '--reporter-json-export', output];
    const { code } = await run(process.execPath, [newman, 'run', file('collection'), '-e', file('environment'), ...targets, ...reporter]);
    return { code, report: JSON.parse(await readFile(output, 'utf8')) as Report };
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('every assertion of the Postman collection holds', async () => {
  const lab = await sharedLab();
  const { code, report } = await runCollection(lab.serviceA, lab.serviceB);
  const failures = report.run.failures.map(({ source, error }) => `${source.name}: ${error.test}: ${error.message}`);
  assert.deepEqual(failures, []);
  assert.equal(code, 0);
  // A collection that lost its tests would pass too.
  assert.ok(
    report.run.stats.assertions.total > 2 * report.run.stats.requests.total,
    'Every request asserts at least its status and its body.',
  );
});

test('the Postman collection notices a service that is not what it should be', async () => {
  const lab = await sharedLab();
  const { code, report } = await runCollection(lab.serviceA, lab.serviceA);
  assert.ok(report.run.failures.some(({ source }) => source.name === 'predicts'));
  assert.equal(code, 1);
});
