import { AppError } from '@mlab/kernel/errors';
import type { TrainingSet } from '#/matrix.ts';
import { seededRandom } from '#/random.ts';
import type { Task } from '#/task.ts';
import { openTeam } from '#/team/team.ts';
import type { TrainerContext } from '#/trainer.ts';
import { Bag } from '#/trees/boosting/bag.ts';
import { treeGrower } from '#/trees/boosting/grow-tree.ts';
import { columnBins, viewsOf } from '#/trees/boosting/job.ts';
import { leafValues } from '#/trees/boosting/leaf-values.ts';
import * as member from '#/trees/boosting/member.ts';
import type { BoostingParams } from '#/trees/boosting/params.ts';
import { prepareBoosting, type Prepared } from '#/trees/boosting/prepare.ts';
import { scalesFor } from '#/trees/boosting/quantise.ts';
import { Progress } from '#/trees/boosting/progress.ts';
import { Validation } from '#/trees/boosting/validation.ts';
import { choose, drawSeed, stepSeed } from '#/trees/choose.ts';
import { openObjective } from '#/trees/objectives/open-objective.ts';
import { addTrees, type Link, type TreeModel } from '#/trees/tree-model.ts';
import { layOut, type Tree } from '#/trees/tree.ts';

/** Below so many cells a thread costs more than it brings; the model is the same. */
const CELLS_FOR_THREADS = 200_000;

const LINKS: Readonly<Record<string, Link>> = { binary: 'logistic', multiclass: 'softmax', poisson: 'exp' };

/** Gradient boosting (Friedman, "Greedy function approximation: a gradient boosting machine", 2001) by histograms. */
export function boost(set: TrainingSet, task: Task, params: BoostingParams, context: TrainerContext): TreeModel {
  const { rows, columns } = set.matrix;
  const progress = Progress.open(set, params, context.resume, () => drawSeed(context.random));
  const members = rows * columns.length < CELLS_FOR_THREADS ? 1 : 1 + context.threads;
  const prepared = prepareBoosting(set, task, params, { seed: progress.seed, members });
  const { job, start } = prepared;
  const { layout } = job;
  const views = viewsOf(job);
  const objective = openObjective(job.objective);
  const validation = context.validation && new Validation(context.validation, { prepared, objective, task, params });
  if (params.early_stopping_round > 0 && validation === undefined) {
    throw new AppError('invalid', 'early_stopping_round is above 0, and there are no rows for validation.');
  }
  using team = openTeam({ module: new URL('./member.ts', import.meta.url), work: member, job, members });
  const depth = params.max_depth > 0 ? params.max_depth : Number.POSITIVE_INFINITY;
  const growth = { policy: params.grow_policy, leaves: params.num_leaves, depth };
  const grow = treeGrower(job, growth, { run: (command) => team.run(command), thresholdOf: prepared.thresholdOf });
  const bins = job.columns.map((_, column) => columnBins(job, column));
  const bag = new Bag(views.order, params, progress.seed);
  const valuesOf = leafValues(job, views, { params, quantile: objective.quantile });
  addTrees({ trees: progress.trees, outputs: layout.outputs, leafValues: 1 }, prepared.values, views.scores);
  validation?.add(progress.trees);

  while (progress.iterations < params.num_iterations && !progress.isOver(params)) {
    const trees = iterate(progress.iterations);
    if (trees.every(({ features }) => features.length === 1) && !isByChance(params) && progress.iterations > 0) break;
    progress.add(trees);
    validation?.add(trees);
    progress.judge(validation?.loss(), params);
    const { iterations } = progress;
    if (context.onIteration !== undefined) {
      const metrics = { train_loss: objective.loss(views), ...(progress.loss === undefined ? {} : { validation_loss: progress.loss }) };
      if (!context.onIteration({ number: iterations, of: params.num_iterations, metrics })) return model(iterations);
    }
    // Behind what is told of it: whoever goes on from here tells nothing of this iteration any more.
    context.onCheckpoint?.(iterations, () => progress.pack());
  }
  return model(params.early_stopping_round > 0 ? progress.best : progress.iterations);

  function iterate(iteration: number): Tree[] {
    const scales = scalesFor(objective.limits(views), layout.rows);
    views.numbers[member.NUMBERS.gradientScale] = scales.gradient;
    views.numbers[member.NUMBERS.hessianScale] = scales.hessian;
    team.run(member.COMMAND.gradients);
    return Array.from({ length: layout.outputs }, (_, output) => {
      chooseColumns(prepared, params, stepSeed(progress.seed, iteration * layout.outputs + output));
      const count = bag.fill(iteration);
      const grown = grow(output, count, count === layout.rows);
      valuesOf(grown, output);
      bag.addScores(grown, { bins, columns: job.columns, scores: views.scores.subarray(output * layout.rows, (output + 1) * layout.rows) });
      return layOut(grown.nodes);
    });
  }

  function model(iterations: number): TreeModel {
    return {
      columns: prepared.columns,
      trees: progress.trees.slice(0, iterations * layout.outputs),
      outputs: layout.outputs,
      leafValues: 1,
      start,
      link: LINKS[job.objective.name] ?? 'identity',
      task,
      iterations,
    };
  }
}

/** Whether another iteration may find what this one did not. */
const isByChance = (params: BoostingParams): boolean =>
  params.feature_fraction < 1 || (params.bagging_freq > 0 && params.bagging_fraction < 1);

function chooseColumns({ job, columns, splittable }: Prepared, { feature_fraction: fraction }: BoostingParams, seed: number): void {
  const { used } = viewsOf(job);
  used.set(splittable);
  if (fraction >= 1) return;
  const sources = [...new Set(columns.columns.filter((_, column) => splittable[column] === 1).map(({ source }) => source))];
  const kept = choose(Math.max(1, Math.round(fraction * sources.length)), sources.length, seededRandom(seed));
  const chosen = new Set(Array.from(kept, (index) => sources[index]));
  columns.columns.forEach(({ source }, column) => {
    if (!chosen.has(source)) used[column] = 0;
  });
}
