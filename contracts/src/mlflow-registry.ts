import { route } from '@mlab/kernel';

const read = 'registry:read';
const write = 'registry:write';
/** A tag may hold 100,000 characters, and a prompt is a handful of them. */
const withTags = { scope: write, maxBodyBytes: 4_194_304 };

/** Registered models and their aliases, as MLflow's clients ask for them. https://mlflow.org/docs/latest/rest-api.html */
export const registeredModelRoutes = {
  createRegisteredModel: route('POST /api/2.0/mlflow/registered-models/create', { summary: 'Create a registered model', ...withTags }),
  renameRegisteredModel: route('POST /api/2.0/mlflow/registered-models/rename', { summary: 'Rename a registered model', scope: write }),
  updateRegisteredModel: route('PATCH /api/2.0/mlflow/registered-models/update', { summary: 'Describe a registered model', scope: write }),
  deleteRegisteredModel: route('DELETE /api/2.0/mlflow/registered-models/delete', { summary: 'Delete a registered model', scope: write }),
  getRegisteredModel: route('GET /api/2.0/mlflow/registered-models/get', { summary: 'Get a registered model', scope: read }),
  searchRegisteredModels: route('GET /api/2.0/mlflow/registered-models/search', { summary: 'Search registered models', scope: read }),
  getLatestVersions: route('POST /api/2.0/mlflow/registered-models/get-latest-versions', {
    summary: 'The latest version of each stage',
    scope: read,
    safe: true,
  }),
  getLatestVersionsByQuery: route('GET /api/2.0/mlflow/registered-models/get-latest-versions', {
    summary: 'The latest version of each stage',
    scope: read,
  }),
  setRegisteredModelTag: route('POST /api/2.0/mlflow/registered-models/set-tag', { summary: 'Set a tag of a model', ...withTags }),
  deleteRegisteredModelTag: route('DELETE /api/2.0/mlflow/registered-models/delete-tag', {
    summary: 'Delete a tag of a model',
    scope: write,
  }),
  setRegisteredModelAlias: route('POST /api/2.0/mlflow/registered-models/alias', { summary: 'Set an alias of a model', scope: write }),
  deleteRegisteredModelAlias: route('DELETE /api/2.0/mlflow/registered-models/alias', {
    summary: 'Delete an alias of a model',
    scope: write,
  }),
  getModelVersionByAlias: route('GET /api/2.0/mlflow/registered-models/alias', {
    summary: 'Get the version that an alias names',
    scope: read,
  }),
};

export const modelVersionRoutes = {
  createModelVersion: route('POST /api/2.0/mlflow/model-versions/create', { summary: 'Register a version of a model', ...withTags }),
  updateModelVersion: route('PATCH /api/2.0/mlflow/model-versions/update', { summary: 'Describe a version', scope: write }),
  transitionModelVersionStage: route('POST /api/2.0/mlflow/model-versions/transition-stage', {
    summary: 'Move a version to a stage (deprecated by MLflow)',
    scope: write,
  }),
  deleteModelVersion: route('DELETE /api/2.0/mlflow/model-versions/delete', { summary: 'Delete a version', scope: write }),
  getModelVersion: route('GET /api/2.0/mlflow/model-versions/get', { summary: 'Get a version', scope: read }),
  searchModelVersions: route('GET /api/2.0/mlflow/model-versions/search', { summary: 'Search versions', scope: read }),
  getModelVersionDownloadUri: route('GET /api/2.0/mlflow/model-versions/get-download-uri', {
    summary: 'Where the files of a version lie',
    scope: read,
  }),
  setModelVersionTag: route('POST /api/2.0/mlflow/model-versions/set-tag', { summary: 'Set a tag of a version', ...withTags }),
  deleteModelVersionTag: route('DELETE /api/2.0/mlflow/model-versions/delete-tag', { summary: 'Delete a tag of a version', scope: write }),
};

const hooks = 'registry:webhooks';

export const webhookRoutes = {
  createWebhook: route('POST /api/2.0/mlflow/webhooks', { summary: 'Create a webhook', scope: hooks }),
  listWebhooks: route('GET /api/2.0/mlflow/webhooks', { summary: 'List the webhooks', scope: hooks }),
  getWebhook: route('GET /api/2.0/mlflow/webhooks/:webhook_id', { summary: 'Get a webhook', scope: hooks }),
  updateWebhook: route('PATCH /api/2.0/mlflow/webhooks/:webhook_id', { summary: 'Change a webhook', scope: hooks }),
  deleteWebhook: route('DELETE /api/2.0/mlflow/webhooks/:webhook_id', { summary: 'Delete a webhook', scope: hooks }),
  testWebhook: route('POST /api/2.0/mlflow/webhooks/:webhook_id/test', { summary: 'Send an example to a webhook', scope: hooks }),
};
