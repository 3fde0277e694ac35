import { isolationForest } from '#/anomaly/isolation-forest.ts';
import { baseline } from '#/baseline/baseline.ts';
import { kmeans } from '#/clusters/kmeans.ts';
import { linear } from '#/linear/linear.ts';
import { logistic } from '#/linear/logistic.ts';
import { mlp } from '#/network/mlp.ts';
import type { Trainer } from '#/trainer.ts';
import { boosting } from '#/trees/boosting/boosting.ts';
import { forest } from '#/trees/forest/forest.ts';

/** All that can be trained here. */
export const trainers: readonly Trainer<unknown>[] = [baseline, boosting, forest, isolationForest, kmeans, linear, logistic, mlp];
