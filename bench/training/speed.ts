/** How long training takes, ours and theirs in turn, with one thread and with two. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { doublesOf, madeData, share } from './datasets.ts';
import { splitBy, trainOurs, type Times } from './ours.ts';
import type { TrainingOptions } from './options.ts';
import type { Reference } from './reference.ts';
import { median } from '../load/comparison.ts';
import { bothClasses, scoreOf } from './scores.ts';

export interface Speed {
  readonly what: string;
  readonly threads: number;
  readonly ours: readonly Times[];
  readonly theirs: readonly Times[];
  /** AUC of rows that were held out. */
  readonly scores: { readonly ours: number; readonly theirs?: number };
  /** Of seconds, ours by theirs, within each round. */
  readonly ratio?: { readonly median: number; readonly min: number; readonly max: number };
  readonly budget?: number;
  readonly met?: boolean;
}

interface Contest {
  readonly what: string;
  readonly trainer: 'boosting' | 'forest';
  readonly params: object;
  readonly question: object;
  /** Ours may take so many times as long with one thread, and with two. */
  readonly budgets: readonly [number, number] | undefined;
  readonly aucBudget?: number;
}

const BOOSTING = { num_iterations: 100, learning_rate: 0.1, num_leaves: 63, max_depth: 6, max_bin: 255 };

const FOREST = { n_estimators: 30, min_samples_leaf: 5 };

const CONTESTS: readonly Contest[] = [
  {
    what: 'boosting, 100 trees of 63 leaves',
    trainer: 'boosting',
    params: BOOSTING,
    question: { do: 'boost', params: { ...BOOSTING, objective: 'binary' } },
    budgets: [3, 2],
    aucBudget: 0.003,
  },
  {
    what: 'forest, 30 trees of leaves of 5 rows',
    trainer: 'forest',
    params: FOREST,
    question: { do: 'forest', task: 'binary', seed: 1, params: FOREST },
    budgets: undefined,
  },
];

export async function measureSpeed(
  options: TrainingOptions,
  reference: Reference | undefined,
  folder: string,
  tell: (line: string) => void,
): Promise<Speed[]> {
  const dataset = madeData(options.rows);
  const { learnt, held, mask } = splitBy(
    dataset,
    Uint8Array.from(dataset.target, (_, row) => Number(row >= options.rows)),
  );
  if (reference !== undefined) await share(dataset, reference, folder);
  const files = { held: join(folder, 'held'), said: join(folder, 'said') };
  writeFileSync(files.held, mask);
  const results: Speed[] = [];
  for (const contest of CONTESTS) {
    for (const threads of [1, 2]) {
      const [ours, theirs]: [Times[], Times[]] = [[], []];
      let scores: Speed['scores'] = { ours: Number.NaN };
      // The first round warms up both.
      for (let round = -1; round < options.rounds; round++) {
        const { fitted, ...times } = trainOurs({ trainer: contest.trainer, params: contest.params, threads }, dataset, learnt);
        const answer = await reference?.ask<Times>({ ...contest.question, name: dataset.name, threads, ...files });
        const took = answer === undefined ? '' : `, theirs ${answer.seconds.toFixed(2)} s (CPU ${answer.cpu.toFixed(2)})`;
        const which = round < 0 ? 'warming up' : `round ${round + 1} of ${options.rounds}`;
        tell(`${contest.what}, ${threads} threads, ${which}: ours ${times.seconds.toFixed(2)} s (CPU ${times.cpu.toFixed(2)})${took}`);
        if (round >= 0) ours.push(times);
        if (round >= 0 && answer !== undefined) theirs.push(answer);
        if (round + 1 < options.rounds) continue;
        scores = { ours: scoreOf(fitted.predict(held.matrix), held.target, dataset.task) };
        if (answer === undefined) continue;
        const said = doublesOf(files.said);
        const whole = contest.trainer === 'boosting' ? bothClasses(said, dataset.task) : said;
        scores = { ...scores, theirs: scoreOf(whole, held.target, dataset.task) };
      }
      results.push(verdictOf(contest, { what: contest.what, threads, ours, theirs, scores }));
    }
  }
  return results;
}

function verdictOf({ budgets, aucBudget }: Contest, speed: Speed): Speed {
  if (speed.theirs.length === 0) return speed;
  const ratios = speed.ours.map(({ seconds }, round) => seconds / (speed.theirs[round]?.seconds ?? Number.NaN));
  const ratio = { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) };
  const budget = budgets?.[speed.threads - 1];
  if (budget === undefined) return { ...speed, ratio };
  const isGood = speed.scores.ours >= (speed.scores.theirs ?? 0) - (aucBudget ?? 1);
  return { ...speed, ratio, budget, met: ratio.median <= budget && isGood };
}
