/**
 * `mlab test --compat` runs it beside MLflow's client: the clients of Triton and KServe, as their users have them, against the Model API and
 * through the gateway. `--only` takes a selection as pytest -k does.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeEmbedded } from '@mlab/sql/embedded';
import { runInFrame } from '../frame.ts';
import { countTests, NOTHING_SELECTED, selecting, startPytest } from '../pytest.ts';
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

const { values } = parseArgs({ options: { only: { type: 'string', short: 'k' } } });

await runInFrame(
  { name: 'inference', skipped: () => `The ${countTests(testsFolder)} tests of compat/inference were skipped.` },
  async (folder) => {
    const description = describeEmbedded();
    if (!description.available) throw new CannotTest(description.reason);
    const { python } = openPythonEnvironment({ name: 'inference', files: [join(here, 'requirements.txt')] });
    await using lab = await startLab(folder);
    return await runTests(python, lab);
  },
);

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
  const { ended } = startPytest({
    python,
    folder: testsFolder,
    args: ['--timeout=120', ...selecting(values.only), ...files],
    env: {
      MLFLOW_TRACKING_URI: `${gateway}/mlflow`,
      MLAB_PREDICTOR_URL: predictor,
      MLAB_GATEWAY_URL: gateway,
      MLAB_PREDICTOR_GRPC: grpc,
    },
  });
  const [code] = await ended;
  return code ?? 1;
}
