import { artifactRoutes } from './mlflow-artifacts.ts';
import { linkRoutes, loggedModelRoutes } from './mlflow-logged-models.ts';
import { modelVersionRoutes, registeredModelRoutes, webhookRoutes } from './mlflow-registry.ts';
import { olderTraceRoutes, traceRoutes } from './mlflow-traces.ts';
import { experimentRoutes, runRoutes } from './mlflow-tracking.ts';

const shared = {
  title: 'MLflow',
  /** Of both services, so that the gateway shows them as one server: `MLFLOW_TRACKING_URI=http://localhost:8000/mlflow`. */
  root: '/mlflow',
  /** MLflow's own pages ask below another beginning. */
  aliases: { '/ajax-api/': '/api/' },
} as const;

/** What MLflow's clients ask of a tracking server. */
export const mlflowTracking = {
  ...shared,
  routes: {
    ...experimentRoutes,
    ...runRoutes,
    ...linkRoutes,
    ...loggedModelRoutes,
    ...artifactRoutes,
    ...traceRoutes,
    ...olderTraceRoutes,
  },
};

/** What they ask of a model registry. */
export const mlflowRegistry = { ...shared, routes: { ...registeredModelRoutes, ...modelVersionRoutes, ...webhookRoutes } };
