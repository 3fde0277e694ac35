import { fieldsOf } from '#/domain/fields.ts';
import { rolesOf, type Roles } from '#/domain/predictions.ts';
import { RowReader } from '#/domain/read-rows.ts';
import type { AnsweringModel } from '#/models/answering-model.ts';

/** How rows become the columns of a model, and its outputs predictions. */
export interface RowForm {
  readonly reader: RowReader;
  readonly roles: Roles;
}

const forms = new WeakMap<AnsweringModel, RowForm>();

/** Made when a model is first asked for rows. */
export function rowFormOf(model: AnsweringModel): RowForm {
  const known = forms.get(model);
  if (known !== undefined) return known;
  const form = { reader: new RowReader(fieldsOf(model, model.signature)), roles: rolesOf(model) };
  forms.set(model, form);
  return form;
}
