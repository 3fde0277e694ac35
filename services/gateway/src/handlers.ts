import type { gateway } from '@mlab/contracts/gateway';
import type { HandlersOf } from '@mlab/kernel';
import { processInput, type ProcessDeps } from '#/domain/process-input.ts';

export const handlers = (deps: ProcessDeps): HandlersOf<typeof gateway> => ({
  processInput: ({ data, forward_to_model }, call) => processInput(deps, data, forward_to_model, call),
});
