/** `npm run bench -- serving`: the same model behind this platform, bare Node and Python's servers, in one run. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { watchNoise } from '../load/noise.ts';
import { describeProfiles } from '../load/profile.ts';
import { bareTargets } from './bare-targets.ts';
import { checkAnswers } from './check-answers.ts';
import { measureInside } from './inside.ts';
import { makeRow, writeServed, type ModelName } from './models.ts';
import { readOptions } from './options.ts';
import { ourTargets } from './our-targets.ts';
import { pythonTargets } from './python-targets.ts';
import { hasMissed, printReport, type ModelReport, type Report } from './report.ts';
import { runRounds, type Entrant } from './rounds.ts';

const folder = mkdtempSync(join(tmpdir(), 'mlab-bench-'));
const profiles = join(folder, 'profiles');
const options = readOptions([...ourTargets(process.argv.includes('--profile') ? profiles : undefined), ...bareTargets, ...pythonTargets]);
const loadBefore = loadavg()[0] ?? 0;
const noise = watchNoise();
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
try {
  const models: ModelReport[] = [];
  for (const name of options.models) models.push(await measureModel(name));
  const report: Report = { generator: options.generator.name, pace: options.pace, loadBefore, noise: noise.end(), models };
  console.log(options.json ? JSON.stringify({ bench: 'serving', ...report }, undefined, 2) : printReport(report));
  if (options.profile) console.error(await describeProfiles(profiles));
  if (options.check && hasMissed(report)) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function measureModel(name: ModelName): Promise<ModelReport> {
  await using stack = new AsyncDisposableStack();
  const served = writeServed(name);
  const place = { served, folder: join(folder, name), path: join(folder, name, 'model.onnx') };
  mkdirSync(place.folder);
  writeFileSync(place.path, served.bytes);
  const entrants: Entrant[] = [];
  const missing: Record<string, string> = {};
  for (const target of options.targets) {
    tell(`${served.title}: starting ${target.name}`);
    try {
      const running = await target.start(place, stack);
      running.pause?.();
      entrants.push({ target, running });
    } catch (error) {
      if (target.family === 'ours' || target.family === 'bare') throw error;
      missing[target.name] = error instanceof Error ? error.message : String(error);
    }
  }
  const row = makeRow();
  await checkAnswers(entrants, row);
  const { generator, pace } = options;
  const onRound = (round: number): void => {
    tell(`${served.title}: round ${round + 1} of ${pace.rounds}`);
    noise.round();
  };
  const results = await runRounds(entrants, { generator, pace, row, onRound });
  return { title: served.title, results, inside: await measureInside(served.bytes, pace.rounds), missing };
}

function tell(line: string): void {
  console.error(line);
}
