import type { mlflowTracking } from '@mlab/contracts/mlflow';
import type { Spoken } from '@mlab/kernel';
import { renderMlflowError } from '@mlab/mlflow';
import type { Multipart } from '#/artifacts/multipart.ts';
import type { Experiments } from '#/experiments.ts';
import type { MetricHistory } from '#/metric-history.ts';
import type { RunLinksUse } from '#/run-links.ts';
import { artifactHandlers, type ArtifactHandlersOptions } from './artifacts.ts';
import { experimentHandlers } from './experiments.ts';
import { loggedModelHandlers } from './logged-models.ts';
import { metricHistoryHandlers } from './metric-history.ts';
import { multipartHandlers } from './multipart.ts';
import { linkHandlers, linksOf } from './run-links.ts';
import { runHandlers, type RunHandlersOptions } from './runs.ts';
import { serverHandlers } from './server.ts';
import { traceProtocol, type TraceProtocolOptions } from './trace-protocol.ts';

export interface MlflowOptions extends Omit<RunHandlersOptions, 'linksOf'>, ArtifactHandlersOptions, TraceProtocolOptions {
  readonly experiments: Experiments;
  readonly history: MetricHistory;
  readonly multipart: Multipart;
  readonly links: RunLinksUse;
}

/** MLflow's protocol, area by area. */
export const speakMlflow = (options: MlflowOptions): Spoken<typeof mlflowTracking> => ({
  renderError: renderMlflowError,
  handlers: {
    ...experimentHandlers(options.experiments),
    ...runHandlers({ ...options, linksOf: linksOf(options.links) }),
    ...metricHistoryHandlers(options.history),
    ...linkHandlers(options.links),
    ...loggedModelHandlers(options),
    ...artifactHandlers(options),
    ...multipartHandlers(options.multipart),
    ...traceProtocol(options),
    ...serverHandlers,
  },
});
