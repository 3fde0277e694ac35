/** `npm run test:compat`: MLflow's own client, as its users have it, against our services; or against MLflow's own server. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runInFrame } from '../frame.ts';
import { cleanEnvironment, countTests, selecting } from '../pytest.ts';
import { openEnvironment, type Environment } from './environment.ts';
import { runTests, testsFolder, type Outcome } from './run-tests.ts';
import { startMlflow, startOurs, type Target } from './servers.ts';

/** The newest, and one of a year before. */
const RELEASES = ['3.17.2', '3.6.0'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    against: { type: 'string', default: 'mlab' },
    release: { type: 'string', multiple: true, default: RELEASES },
    only: { type: 'string', short: 'k' },
    beyond: { type: 'boolean', default: false },
  },
});

await runInFrame({ name: 'compat', skipped }, async (folder) => {
  const outcomes: Outcome[] = [];
  for (const release of values.release) outcomes.push(await testRelease(openEnvironment(release), folder));
  const sum = (name: 'passed' | 'failed' | 'skipped'): number => outcomes.reduce((total, outcome) => total + outcome[name], 0);
  console.log(`compat: ${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
  return sum('failed') === 0 && sum('passed') > 0 ? 0 : 1;
});

function skipped(): string {
  return `The ${countTests(testsFolder)} tests of compat/mlflow were skipped for MLflow ${values.release.join(' and ')}.`;
}

async function testRelease(environment: Environment, folder: string): Promise<Outcome> {
  const place = join(folder, environment.mlflow);
  mkdirSync(place);
  await using target = await startTarget(environment, place);
  console.log(`\nThe client of MLflow ${environment.mlflow} asks ${target.name} at ${target.uri}`);
  const began = Date.now();
  const args = [...selecting(values.only), ...positionals];
  const outcome = await runTests({ environment, target, folder: place, args });
  const { passed, failed, skipped, untouched } = outcome;
  console.log(
    `MLflow ${environment.mlflow}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${Math.round((Date.now() - began) / 1000)} s.`,
  );
  if (args.length === 0 && untouched.length > 0) console.log(`Methods of its stores that no test calls: ${untouched.join(', ')}.`);
  return outcome;
}

async function startTarget(environment: Environment, place: string): Promise<Target> {
  if (values.against === 'mlab') return startOurs(place);
  if (values.against === 'mlflow') return startMlflow(environment, place, cleanEnvironment(process.env));
  if (/^https?:\/\//.test(values.against))
    return {
      name: 'a server that runs',
      uri: values.against.replace(/\/$/, ''),
      isOurs: values.beyond,
      [Symbol.asyncDispose]: async () => undefined,
    };
  throw new Error(`--against takes mlab, mlflow or the URL of a server, not ${values.against}.`);
}
