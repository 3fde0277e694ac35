/** `npm run bench -- tracking`: experiment tracking beside MLflow's own server, in one run, with the same load. */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '@mlab/sql/embedded';
import { openEnvironment, type Environment } from '../../compat/mlflow/environment.ts';
import { CannotTest } from '../../compat/python-environment.ts';
import { measure } from './measure.ts';
import { watchNoise } from '../load/noise.ts';
import { readOptions } from './options.ts';
import { hasMissed, printReport, type Report } from './report.ts';
import { mlflow, ours, type Target } from './targets.ts';

const options = readOptions();
const loadBefore = loadavg()[0] ?? 0;
const folder = mkdtempSync(join(tmpdir(), 'mlab-bench-'));
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
try {
  const report = await compare();
  console.log(options.json ? JSON.stringify({ bench: 'tracking', ...report }, undefined, 2) : printReport(report));
  if (options.check && hasMissed(report)) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function compare(): Promise<Report> {
  await using stack = new AsyncDisposableStack();
  const environment = openMlflow();
  const forms = environment === undefined ? [] : options.against.flatMap((form) => options.backends.map((backend) => ({ form, backend })));
  const needsPostgres = forms.some(({ backend }) => backend === 'postgres');
  const postgres = needsPostgres ? stack.use(await startEmbedded({ folder: join(folder, 'mlflow-postgres') })) : undefined;
  const targets: Target[] = [stack.use(ours(join(folder, 'ours')))];
  if (environment !== undefined)
    for (const { form, backend } of forms) targets.push(stack.use(mlflow({ environment, form, backend, postgres }, folder)));

  const noise = watchNoise();
  const starts: Report['starts'][number][] = [];
  for (const target of targets) {
    progress(`starting ${options.rounds} times: ${target.name}`);
    noise.round();
    const { name, form } = target;
    starts.push({ name, ...(form === undefined ? {} : { form }), starts: await target.start(options.rounds) });
    target.pause();
  }
  const results = await measure(targets, options, { progress, round: noise.round });
  return { options, loadBefore, noise: noise.end(), starts, results };
}

function progress(line: string): void {
  console.error(line);
}

/** Without Python there is nothing to compare with, and ours is measured alone. */
function openMlflow(): Environment | undefined {
  if (options.against.length === 0 || options.backends.length === 0) return undefined;
  try {
    return openEnvironment(options.release);
  } catch (error) {
    if (!(error instanceof CannotTest)) throw error;
    progress(`${error.message} MLflow's own server is left out; ours is measured alone.`);
    return undefined;
  }
}
