import { classesOfGraph } from '#/domain/classes-of-graph.ts';
import { fieldsOf } from '#/domain/fields.ts';
import { rolesOf, type Roles } from '#/domain/predictions.ts';
import { RowReader } from '#/domain/read-rows.ts';
import { explainableOf, type Explainable } from '#/explain/explainable.ts';
import type { AnsweringModel } from '#/models/answering-model.ts';
import type { Scorer } from '@mlab/onnx';

/** How rows become the columns of a model, its outputs predictions, and whether these can be explained. */
export interface RowForm {
  readonly reader: RowReader;
  readonly roles: Roles;
  readonly explainable: Explainable;
}

const forms = new WeakMap<AnsweringModel, RowForm>();

/** Made when a model is first asked for rows. */
export function rowFormOf(model: AnsweringModel): RowForm {
  const known = forms.get(model);
  if (known !== undefined) return known;
  const form = rowFormFor(model.scorer, model.signature, model.file.profile !== undefined);
  forms.set(model, form);
  return form;
}

export const rowFormFor = (scorer: Scorer, signature: unknown, hasProfile: boolean): RowForm => ({
  reader: new RowReader(fieldsOf(scorer, signature)),
  roles: rolesOf(scorer, classesOfGraph(scorer.model)),
  explainable: explainableOf(scorer.model, hasProfile),
});
