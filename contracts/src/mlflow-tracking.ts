import { route } from '@mlab/kernel';

const read = 'tracking:read';
const write = 'tracking:write';
/** A batch holds at most 1,000 values, and parameters of 6,000 characters. */
const batch = { scope: write, maxBodyBytes: 8_388_608 };

/** Experiments, runs and metrics, as MLflow's clients ask for them. https://mlflow.org/docs/latest/rest-api.html */
export const experimentRoutes = {
  createExperiment: route('POST /api/2.0/mlflow/experiments/create', { summary: 'Create an experiment', scope: write }),
  searchExperiments: route('POST /api/2.0/mlflow/experiments/search', { summary: 'Search experiments', scope: read, safe: true }),
  searchExperimentsByQuery: route('GET /api/2.0/mlflow/experiments/search', { summary: 'Search experiments', scope: read }),
  getExperiment: route('GET /api/2.0/mlflow/experiments/get', { summary: 'Get an experiment', scope: read }),
  getExperimentByName: route('GET /api/2.0/mlflow/experiments/get-by-name', { summary: 'Get an experiment by its name', scope: read }),
  deleteExperiment: route('POST /api/2.0/mlflow/experiments/delete', { summary: 'Delete an experiment', scope: write }),
  restoreExperiment: route('POST /api/2.0/mlflow/experiments/restore', { summary: 'Restore an experiment', scope: write }),
  updateExperiment: route('POST /api/2.0/mlflow/experiments/update', { summary: 'Rename an experiment', scope: write }),
  setExperimentTag: route('POST /api/2.0/mlflow/experiments/set-experiment-tag', { summary: 'Set a tag of an experiment', scope: write }),
  deleteExperimentTag: route('POST /api/2.0/mlflow/experiments/delete-experiment-tag', {
    summary: 'Delete a tag of an experiment',
    scope: write,
  }),
};

export const runRoutes = {
  createRun: route('POST /api/2.0/mlflow/runs/create', { summary: 'Create a run', scope: write }),
  updateRun: route('POST /api/2.0/mlflow/runs/update', { summary: 'Update a run', scope: write }),
  deleteRun: route('POST /api/2.0/mlflow/runs/delete', { summary: 'Delete a run', scope: write }),
  restoreRun: route('POST /api/2.0/mlflow/runs/restore', { summary: 'Restore a run', scope: write }),
  getRun: route('GET /api/2.0/mlflow/runs/get', { summary: 'Get a run', scope: read }),
  searchRuns: route('POST /api/2.0/mlflow/runs/search', { summary: 'Search runs', scope: read, safe: true }),
  logMetric: route('POST /api/2.0/mlflow/runs/log-metric', { summary: 'Log a metric', scope: write, safe: true }),
  logParam: route('POST /api/2.0/mlflow/runs/log-parameter', { summary: 'Log a parameter', scope: write, safe: true }),
  logBatch: route('POST /api/2.0/mlflow/runs/log-batch', { summary: 'Log metrics, parameters and tags', safe: true, ...batch }),
  setTag: route('POST /api/2.0/mlflow/runs/set-tag', { summary: 'Set a tag of a run', scope: write, safe: true }),
  deleteTag: route('POST /api/2.0/mlflow/runs/delete-tag', { summary: 'Delete a tag of a run', scope: write }),
  getMetricHistory: route('GET /api/2.0/mlflow/metrics/get-history', { summary: 'All values of a metric', scope: read }),
  getMetricHistoryBulk: route('GET /api/2.0/mlflow/metrics/get-history-bulk', {
    summary: 'All values of a metric in several runs',
    scope: read,
  }),
  getMetricHistoryBulkInterval: route('GET /api/2.0/mlflow/metrics/get-history-bulk-interval', {
    summary: 'Samples of a metric in several runs',
    scope: read,
  }),
};
