import type { mlflowRegistry } from '@mlab/contracts/mlflow';
import type { Spoken } from '@mlab/kernel';
import { renderMlflowError } from '@mlab/mlflow';
import type { Webhooks } from '#/webhooks/webhooks.ts';
import { modelVersionHandlers, type ModelVersionOptions } from './model-versions.ts';
import { registeredModelHandlers, type RegisteredModelOptions } from './registered-models.ts';
import { webhookHandlers } from './webhooks.ts';

export interface MlflowOptions extends ModelVersionOptions, RegisteredModelOptions {
  readonly webhooks: Webhooks;
}

/** MLflow's protocol, area by area. */
export const speakMlflow = (options: MlflowOptions): Spoken<typeof mlflowRegistry> => ({
  renderError: renderMlflowError,
  handlers: { ...registeredModelHandlers(options), ...modelVersionHandlers(options), ...webhookHandlers(options.webhooks) },
});
