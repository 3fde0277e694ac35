import { AppError } from '@mlab/kernel/errors';
import type { TrainingSet } from '#/matrix.ts';
import type { Task } from '#/task.ts';
import { openTeam } from '#/team/team.ts';
import type { TrainerContext } from '#/trainer.ts';
import { drawSeed } from '#/trees/choose.ts';
import { ForestLosses } from '#/trees/forest/forest-losses.ts';
import { forestModel } from '#/trees/forest/forest-model.ts';
import type { GrownTree } from '#/trees/forest/job.ts';
import * as member from '#/trees/forest/member.ts';
import type { ForestParams } from '#/trees/forest/params.ts';
import { prepareForest } from '#/trees/forest/prepare.ts';
import { packTrees, unpackTrees } from '#/trees/pack.ts';
import type { TreeModel } from '#/trees/tree-model.ts';
import { inOrder, LEQ, type Tree } from '#/trees/tree.ts';

/** Below so many cells a thread costs more than it brings; the model is the same. */
const CELLS_FOR_THREADS = 100_000;

/** Grows as many trees at a time as there are threads, each tree from a seed of its own. */
export function growForest(set: TrainingSet, task: Task, params: ForestParams, context: TrainerContext): TreeModel {
  const { rows, columns } = set.matrix;
  const of = JSON.stringify([rows, columns.map(({ name, kind }) => [name, kind]), params]);
  const drawn = drawSeed(context.random);
  const { trees, seed } = context.resume === undefined ? { trees: [], seed: drawn } : goOn(context.resume, of);
  const members = rows * columns.length < CELLS_FOR_THREADS ? 1 : Math.min(1 + context.threads, params.n_estimators);
  const prepared = prepareForest(set, task, params, { seed, members });
  const { job } = prepared;
  const losses = new ForestLosses(prepared, set, task, { params, validation: context.validation });
  using team = openTeam({ module: new URL('./member.ts', import.meta.url), work: member, job, members });
  if (context.onIteration !== undefined) for (const tree of trees) losses.add(tree);

  while (trees.length < params.n_estimators) {
    job.next[0] = trees.length;
    team.run(0);
    for (const grown of job.grown.slice(0, params.n_estimators - trees.length)) {
      const tree = treeOf(grown, job.channels, prepared.thresholdOf);
      trees.push(tree);
      const number = trees.length;
      if (context.onIteration !== undefined) {
        losses.add(tree);
        if (!context.onIteration({ number, of: params.n_estimators, metrics: losses.metrics() })) return forestModel(trees, prepared, task);
      }
      context.onCheckpoint?.(number, () => packTrees({ of, seed }, trees.slice(0, number), job.channels));
    }
  }
  return forestModel(trees, prepared, task);
}

function goOn(resume: Uint8Array, of: string): { trees: Tree[]; seed: number } {
  const { told, trees } = unpackTrees(resume);
  if (told['of'] !== of) throw new AppError('invalid', 'The state to go on from is of other rows, columns or parameters.');
  return { trees, seed: told['seed'] as number };
}

function treeOf(grown: GrownTree, channels: number, thresholdOf: (column: number, bin: number) => number): Tree {
  const count = grown.count[0] as number;
  const thresholds = new Float64Array(count);
  for (let node = 0; node < count; node++) {
    const column = grown.features[node] as number;
    if (column >= 0) thresholds[node] = thresholdOf(column, grown.bins[node] as number);
  }
  const { features, missingYes, no, covers, gains } = grown;
  const values = grown.values.subarray(0, count * channels);
  const modes = new Uint8Array(count).fill(LEQ);
  const tree = { features: features.subarray(0, count), thresholds, modes, missingYes, no, values, covers, gains };
  return inOrder(tree, count);
}
