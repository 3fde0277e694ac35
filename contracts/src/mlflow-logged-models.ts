import { route } from '@mlab/kernel';

const read = 'tracking:read';
const write = 'tracking:write';
const model = '/api/2.0/mlflow/logged-models/:model_id';
/** The first 100 parameters of a model, of 6,000 characters each. */
const withParams = { scope: write, maxBodyBytes: 8_388_608 };

/** Models as MLflow 3 keeps them: by themselves, and not as artifacts of a run. */
export const loggedModelRoutes = {
  createLoggedModel: route('POST /api/2.0/mlflow/logged-models', { summary: 'Create a logged model', ...withParams }),
  searchLoggedModels: route('POST /api/2.0/mlflow/logged-models/search', {
    summary: 'Search logged models',
    scope: read,
    safe: true,
  }),
  getLoggedModel: route(`GET ${model}`, { summary: 'Get a logged model', scope: read }),
  finalizeLoggedModel: route(`PATCH ${model}`, {
    summary: 'Say that a model is ready, or that its upload failed',
    scope: write,
    safe: true,
  }),
  deleteLoggedModel: route(`DELETE ${model}`, { summary: 'Delete a logged model', scope: write, safe: true }),
  setLoggedModelTags: route(`PATCH ${model}/tags`, { summary: 'Set tags of a logged model', ...withParams, safe: true }),
  deleteLoggedModelTag: route(`DELETE ${model}/tags/*`, { summary: 'Delete a tag of a logged model', scope: write }),
  logLoggedModelParams: route(`POST ${model}/params`, { summary: 'Add parameters to a logged model', ...withParams, safe: true }),
  listLoggedModelArtifacts: route(`GET ${model}/artifacts/directories`, { summary: 'What is in a folder of a logged model', scope: read }),
  getLoggedModelArtifact: route(`GET ${model}/artifacts/files`, {
    summary: 'Download a file of a logged model',
    scope: read,
    timeoutMs: 3_600_000,
  }),
};

/** A profile of a dataset may be 16 MB. */
const withProfiles = { scope: write, maxBodyBytes: 67_108_864 };

/** What runs have used and made. */
export const linkRoutes = {
  logInputs: route('POST /api/2.0/mlflow/runs/log-inputs', { summary: 'Log the inputs of a run', ...withProfiles, safe: true }),
  logOutputs: route('POST /api/2.0/mlflow/runs/outputs', { summary: 'Log the outputs of a run', scope: write, safe: true }),
  logModel: route('POST /api/2.0/mlflow/runs/log-model', { summary: 'Log a model, as clients before MLflow 3 do', ...withParams }),
  searchDatasets: route('POST /api/2.0/mlflow/experiments/search-datasets', {
    summary: 'Datasets that runs of experiments have used',
    scope: read,
    safe: true,
  }),
};
