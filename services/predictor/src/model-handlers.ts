import type { predictor } from '@mlab/contracts/predictor';
import type { modelOperations, RowPredictions } from '@mlab/contracts/predictor-models';
import { AppError, type CallMeta, type HandlersOf } from '@mlab/kernel';
import type { Outputs } from '@mlab/onnx';
import { describe } from '#/domain/describe.ts';
import { predictionsOf } from '#/domain/predictions.ts';
import type { Row } from '#/domain/row.ts';
import { explainRows } from '#/explain/explain-rows.ts';
import type { AnsweringModel } from '#/models/answering-model.ts';
import type { OpenedModels } from '#/models/open-models.ts';
import { refOf } from '#/models/ref-of.ts';
import { rowFormOf, type RowForm } from '#/models/row-form.ts';
import type { Serving } from '#/open-serving.ts';

type ModelHandlers = Pick<HandlersOf<typeof predictor>, keyof typeof modelOperations>;

export function modelHandlers({ models, thread }: Pick<Serving, 'models' | 'thread'>): ModelHandlers {
  return {
    predictRows: (asked, call) => {
      const standing = models.standing(refOf(asked));
      return standing === undefined
        ? models.open(refOf(asked), call).then((model) => predictRows(model, asked.rows, call))
        : predictRows(standing, asked.rows, call);
    },
    explainRows: async (asked, call) => explainRows(thread, await models.open(refOf(asked), call), asked, call),
    listServed: () => ({ items: [...models.list()] }),
    describeModel: async (asked, call) => {
      const model = await models.open(refOf(asked), call);
      const { reader, roles, explainable } = rowFormOf(model);
      return describe(model, { fields: reader.fields, roles, explains: 'node' in explainable, example: model.file.example });
    },
    loadModel: async (asked, call) => {
      const { model, version } = await models.insist(refOf(asked), call);
      return mustBeListed(models, model, version);
    },
    unloadModel: async (asked) => ({ unloaded: await models.unload(refOf(asked)) }),
  };
}

/** At once where the model can answer at once. */
export function predictRows(model: AnsweringModel, rows: readonly Row[], call: CallMeta): RowPredictions | Promise<RowPredictions> {
  const form = rowFormOf(model);
  const { columns, ignored } = form.reader.read(rows);
  model.tally.ignoredFields += ignored;
  const outputs = model.askNow(columns, rows.length);
  return outputs === undefined
    ? model.askInTurn(columns, rows.length, call).then((later) => answerOf(model, form, later, rows.length))
    : answerOf(model, form, outputs, rows.length);
}

const answerOf = ({ model, version }: AnsweringModel, { roles }: RowForm, outputs: Outputs, rows: number): RowPredictions => ({
  model,
  version,
  predictions: predictionsOf(outputs, roles, rows),
});

function mustBeListed(models: OpenedModels, model: string, version: number) {
  const found = models.list().find((one) => one.model === model && one.version === version);
  if (found === undefined) throw new AppError('unavailable', `${model}@${version} has left memory again.`, { retryAfter: 1 });
  return found;
}
