/**
 * `mlab test --compat` runs it beside MLflow's client: the clients of Triton and KServe, as their users have them, against the Model API and
 * through the gateway. `--only` takes a selection as pytest -k does.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeEmbedded } from '@mlab/sql/embedded';
import { cleanEnvironment } from '../mlflow/run-tests.ts';
import { CannotTest, openPythonEnvironment } from '../python-environment.ts';
import { startLab, type Lab } from './lab.ts';

const here = import.meta.dirname;
const testsFolder = join(here, 'tests');

/**
 * Triton's and KServe's clients each bring their own description of the same messages over gRPC, and Python's protobuf takes only one in a
 * process. KServe's come last: what conftest.py registers is there a second time then.
 */
const PROCESSES = [
  ['Triton', /^test_triton/],
  ['KServe', /^test_kserve/],
] as const;

/** What pytest says where a selection has selected nothing. */
const NOTHING_SELECTED = 5;

const { values } = parseArgs({ options: { only: { type: 'string', short: 'k' } } });

const folder = mkdtempSync(join(tmpdir(), 'mlab-inference-'));
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
try {
  process.exitCode = await main();
} finally {
  if (process.exitCode === 0) rmSync(folder, { recursive: true, force: true });
  else console.error(`What was written on the way is in ${folder}.`);
}

async function main(): Promise<number> {
  try {
    const description = describeEmbedded();
    if (!description.available) throw new CannotTest(description.reason);
    const { python } = openPythonEnvironment({ name: 'inference', files: [join(here, 'requirements.txt')] });
    await using lab = await startLab(folder);
    return await runTests(python, lab);
  } catch (error) {
    if (!(error instanceof CannotTest)) {
      console.error(error instanceof Error ? error.message : error);
      return 1;
    }
    console.log(`${error.message} The ${countTests()} tests of compat/inference were skipped.`);
    return 0;
  }
}

/** pytest says itself what has passed; a selection that selects nothing is no success. */
async function runTests(python: string, lab: Lab): Promise<number> {
  const { predictor, gateway, grpc } = lab;
  console.log(
    `\nThe clients of Triton and KServe ask the Model API at ${predictor}, through the gateway at ${gateway}, and by gRPC at ${grpc}`,
  );
  const codes: number[] = [];
  for (const [name, files] of PROCESSES) {
    console.log(`\n${name}`);
    const chosen = readdirSync(testsFolder).filter((file) => files.test(file));
    codes.push(await runFiles(python, chosen, lab));
  }
  const selected = codes.filter((code) => code !== NOTHING_SELECTED);
  return selected.find((code) => code !== 0) ?? (selected.length === 0 ? NOTHING_SELECTED : 0);
}

async function runFiles(python: string, files: readonly string[], { predictor, gateway, grpc }: Lab): Promise<number> {
  const selection = values.only === undefined ? [] : ['-k', values.only];
  const child = spawn(python, ['-m', 'pytest', '-q', '--timeout=120', ...selection, ...files], {
    cwd: testsFolder,
    stdio: 'inherit',
    env: {
      ...cleanEnvironment(process.env),
      MLFLOW_TRACKING_URI: `${gateway}/mlflow`,
      MLAB_PREDICTOR_URL: predictor,
      MLAB_GATEWAY_URL: gateway,
      MLAB_PREDICTOR_GRPC: grpc,
      // MLflow's client would tell its makers of each call.
      DO_NOT_TRACK: 'true',
      GIT_PYTHON_REFRESH: 'quiet',
      OMP_NUM_THREADS: '1',
      PYTHONDONTWRITEBYTECODE: '1',
      NO_PROXY: '127.0.0.1,localhost',
    },
  });
  const endWithParent = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithParent);
  const [code] = (await once(child, 'exit')) as [number | null];
  process.off('exit', endWithParent);
  return code ?? 1;
}

/** As many as there are functions; most run twice, at the Model API and through the gateway. */
function countTests(): number {
  const files = readdirSync(testsFolder).filter((name) => /^test_.*\.py$/.test(name));
  return files.reduce((sum, name) => sum + (readFileSync(join(testsFolder, name), 'utf8').match(/^(async )?def test_/gm)?.length ?? 0), 0);
}
