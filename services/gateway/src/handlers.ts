import type { gateway } from '@mlab/contracts/gateway';
import type { HandlersOf } from '@mlab/kernel';
import { askModel } from '#/domain/models/ask-model.ts';
import { explainedRows, predictedRows, rowsText } from '#/domain/models/rows.ts';
import { processInput, type ProcessDeps } from '#/domain/process-input.ts';
import { readApi, type ReadApiOptions } from '#/input-log/read-api.ts';
import { areMany, manyRows } from '#/unread-rows.ts';
import type { AskServiceB } from '#/service-b/ask-service-b.ts';

export interface HandlerDeps extends Omit<ProcessDeps, 'predict'> {
  readonly serviceB: AskServiceB;
  /** Longest question, and longest answer of a model, that the log keeps whole, in characters. */
  readonly maxText: number;
}

export function handlers({ serviceB, maxText, ...rest }: HandlerDeps, reading: ReadApiOptions): HandlersOf<typeof gateway> {
  const deps = { ...rest, predict: serviceB.predict };
  const questionOf = ({ name, ...asked }: Parameters<AskServiceB['predictRows']>[0]) => ({
    text: rowsText(asked, maxText),
    model: name,
    version: asked.version === undefined ? undefined : String(asked.version),
  });
  return {
    processInput: ({ data, forward_to_model }, call) => processInput(deps, data, forward_to_model, call),
    predictRows: (asked, call) =>
      serviceB.predictUnread !== undefined && areMany(asked)
        ? manyRows({ ...rest, maxText, predictUnread: serviceB.predictUnread }, asked, call)
        : askModel(deps, questionOf(asked), call, {
            ask: () => serviceB.predictRows(asked, call),
            ended: (answer, latencyMs) => predictedRows(answer, latencyMs, maxText),
          }),
    explainRows: (asked, call) =>
      askModel(deps, questionOf(asked), call, {
        ask: () => serviceB.explainRows(asked, call),
        ended: (answer, latencyMs) => explainedRows(answer, latencyMs, maxText),
      }),
    ...readApi(reading),
  };
}
