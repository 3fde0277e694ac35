/** How well the same rows are learnt with the same parameters. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { doublesOf, share, type Dataset } from './datasets.ts';
import { splitByChance, trainOurs, type Halves } from './ours.ts';
import type { Reference } from './reference.ts';
import { bothClasses, mean, metricFor, scoreOf } from './scores.ts';

export interface Quality {
  readonly trainer: 'boosting' | 'forest';
  readonly dataset: string;
  readonly rows: number;
  readonly metric: 'AUC' | 'RMSE';
  /** Means over all splits. */
  readonly ours: number;
  readonly theirs: number;
  /** Of the difference. */
  readonly standardError: number;
  readonly budget: string;
  readonly met: boolean;
}

const BOOSTING = { num_iterations: 100, learning_rate: 0.1, num_leaves: 31, min_data_in_leaf: 20 };
const FOREST = { n_estimators: 100 };

/** AUC may be so much less, RMSE so many times as great. */
const AUC_BUDGET = 0.003;
const RMSE_BUDGET = 1.01;

const OBJECTIVES = { binary: 'binary', multiclass: 'multiclass', regression: 'regression' } as const;

export async function measureQuality(
  dataset: Dataset,
  splits: number,
  { reference, folder }: { reference: Reference; folder: string },
): Promise<Quality[]> {
  await share(dataset, reference, folder);
  const { task, name, target } = dataset;
  const kind = task.kind as keyof typeof OBJECTIVES;
  const boostingAlso = { objective: OBJECTIVES[kind], ...(task.kind === 'multiclass' ? { num_class: task.classes.length } : {}) };
  const results = [await compare('boosting', { do: 'boost', params: { ...BOOSTING, ...boostingAlso } })];
  // scikit-learn's forests take no categories.
  if (dataset.matrix.columns.every((column) => column.kind === 'number')) {
    results.push(await compare('forest', { do: 'forest', task: kind, params: FOREST, seed: 1 }));
  }
  return results;

  async function compare(trainer: 'boosting' | 'forest', question: object): Promise<Quality> {
    const pairs: { readonly ours: number; readonly theirs: number }[] = [];
    for (let split = 0; split < splits; split++) {
      const halves = splitByChance(dataset, split);
      const said = trainOurs({ trainer, params: trainer === 'boosting' ? BOOSTING : FOREST, threads: 1 }, dataset, halves.learnt);
      const theirs = await askTheirs({ reference, folder }, { ...question, name, threads: 1 }, halves);
      const whole = trainer === 'boosting' ? bothClasses(theirs, task) : theirs;
      const ours = scoreOf(said.fitted.predict(halves.held.matrix), halves.held.target, task);
      pairs.push({ ours, theirs: scoreOf(whole, halves.held.target, task) });
    }
    const [ours, theirs] = [mean(pairs.map((pair) => pair.ours)), mean(pairs.map((pair) => pair.theirs))];
    const differences = pairs.map((pair) => pair.ours - pair.theirs);
    const spread = mean(differences.map((each) => (each - (ours - theirs)) ** 2));
    const metric = metricFor(task);
    return {
      trainer,
      dataset: name,
      rows: target.length,
      metric,
      ours,
      theirs,
      standardError: Math.sqrt(spread / Math.max(1, splits - 1)),
      budget: metric === 'AUC' ? `>= theirs - ${AUC_BUDGET}` : `<= ${RMSE_BUDGET} x theirs`,
      met: metric === 'AUC' ? ours >= theirs - AUC_BUDGET : ours <= theirs * RMSE_BUDGET,
    };
  }
}

/** What the other side says of the rows that are held out. */
async function askTheirs(
  { reference, folder }: { reference: Reference; folder: string },
  question: object,
  { mask }: Halves,
): Promise<Float64Array> {
  const files = { held: join(folder, 'held'), said: join(folder, 'said') };
  writeFileSync(files.held, mask);
  await reference.ask({ ...question, ...files });
  return doublesOf(files.said);
}
