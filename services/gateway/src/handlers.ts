import type { gateway } from '@mlab/contracts/gateway';
import type { HandlersOf } from '@mlab/kernel';
import { processInput, type ProcessDeps } from '#/domain/process-input.ts';
import { readApi, type ReadApiOptions } from '#/input-log/read-api.ts';

export const handlers = (deps: ProcessDeps, reading: ReadApiOptions): HandlersOf<typeof gateway> => ({
  processInput: ({ data, forward_to_model }, call) => processInput(deps, data, forward_to_model, call),
  ...readApi(reading),
});
