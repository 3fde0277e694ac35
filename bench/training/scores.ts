/** How good what is said of held-out rows is, judged alike whoever said it. */
import { metricsOf, type Task } from '@mlab/learning';

/** AUC (of several classes the mean of each against all others), or RMSE. */
export const metricFor = ({ kind }: Task): 'AUC' | 'RMSE' => (kind === 'regression' ? 'RMSE' : 'AUC');

export function scoreOf(said: Float64Array, target: Float64Array, task: Task): number {
  const { metrics } = metricsOf({ task, target, predictions: said });
  const name = { binary: 'roc_auc', multiclass: 'roc_auc_macro', regression: 'rmse' }[task.kind as 'binary' | 'multiclass' | 'regression'];
  return metrics[name] ?? Number.NaN;
}

/** Of two classes one probability may be said alone. */
export const bothClasses = (said: Float64Array, task: Task): Float64Array =>
  task.kind === 'binary'
    ? Float64Array.from({ length: said.length * 2 }, (_, at) => (at % 2 === 1 ? (said[at >> 1] as number) : 1 - (said[at >> 1] as number)))
    : said;

export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
