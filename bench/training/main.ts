/** `npm run bench -- training`: our trainers beside LightGBM and scikit-learn, on the same data with the same parameters, in one run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareCoefficients, type Coefficients } from './coefficients.ts';
import { realData } from './datasets.ts';
import { readOptions } from './options.ts';
import { measureQuality, type Quality } from './quality.ts';
import { openReference } from './reference.ts';
import { hasMissed, printReport, type Report } from './report.ts';
import { measureSpeed } from './speed.ts';

const options = readOptions();
const loadBefore = loadavg()[0] ?? 0;
const folder = mkdtempSync(join(tmpdir(), 'mlab-bench-'));
const tell = (line: string): void => console.error(line);
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
try {
  const report = await compare();
  console.log(options.json ? JSON.stringify({ bench: 'training', ...report }, undefined, 2) : printReport(report));
  if (options.check && hasMissed(report)) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function compare(): Promise<Report> {
  await using stack = new AsyncDisposableStack();
  const opened = await openReference();
  const reference = opened && stack.use(opened);
  const [quality, coefficients]: [Quality[], Coefficients[]] = [[], []];
  const does = (part: (typeof options.only)[number]): boolean => options.only.includes(part);
  const speed = does('speed') ? await measureSpeed(options, reference, folder, tell) : [];
  if (reference === undefined) return { options, versions: {}, loadBefore, quality, coefficients, speed };
  for (const dataset of await realData(reference, folder)) {
    if (does('quality')) {
      tell(`${dataset.name}: ${options.splits} splits`);
      quality.push(...(await measureQuality(dataset, options.splits, { reference, folder })));
    }
    if (does('coefficients') && dataset.from === 'scikit-learn' && dataset.task.kind !== 'regression') {
      coefficients.push(await compareCoefficients(dataset, reference, folder));
    }
  }
  return { options, versions: reference.versions, loadBefore, quality, coefficients, speed };
}
