import type { mlflowTracking } from '@mlab/contracts/mlflow';
import type { Spoken } from '@mlab/kernel';
import { renderMlflowError } from '@mlab/mlflow';
import type { Experiments } from '#/experiments.ts';
import type { MetricHistory } from '#/metric-history.ts';
import { experimentHandlers } from './experiments.ts';
import { metricHistoryHandlers } from './metric-history.ts';
import { runHandlers, type RunHandlersOptions } from './runs.ts';

export interface MlflowOptions extends RunHandlersOptions {
  readonly experiments: Experiments;
  readonly history: MetricHistory;
}

/** MLflow's protocol, area by area. */
export const speakMlflow = (options: MlflowOptions): Spoken<typeof mlflowTracking> => ({
  renderError: renderMlflowError,
  handlers: {
    ...experimentHandlers(options.experiments),
    ...runHandlers(options),
    ...metricHistoryHandlers(options.history),
  },
});
