/** `npm run bench -- lab`: what the lab's two services cost over bare Node servers that do the same JSON work. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, type Comparison } from '../load/comparison.ts';
import { readOptions } from '../load/options.ts';
import { describeProfiles } from '../load/profile.ts';
import { describeSetting, printReport } from '../load/report.ts';
import { runRounds } from '../load/rounds.ts';
import { checkAnswers, contestsOf } from './contests.ts';
import { startTargets } from './targets.ts';

const { generator, pace, ...options } = readOptions();
const folder = await mkdtemp(join(tmpdir(), 'mlab-bench-'));
const profiles = join(folder, 'profiles');
try {
  const setting = describeSetting(generator.name, pace);
  const comparisons = await measure();
  console.log(options.json ? JSON.stringify({ bench: 'lab', setting, comparisons }, undefined, 2) : printReport(setting, comparisons));
  if (options.profile) console.error(await describeProfiles(profiles));
  const missed = comparisons.some(({ verdicts }) => verdicts.some(({ met }) => !met));
  if (options.check && missed) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function measure(): Promise<Comparison[]> {
  await using targets = await startTargets(folder, options.profile ? ['--cpu-prof', '--cpu-prof-dir', profiles] : []);
  const contests = contestsOf(targets);
  for (const contest of contests) await checkAnswers(contest);
  const rounds = await runRounds(contests, generator, pace, (line) => console.error(line));
  return contests.map((contest, index) => compare(contest, rounds[index] ?? [], contest.budget));
}
