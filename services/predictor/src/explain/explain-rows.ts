import type { RowExplanations } from '@mlab/contracts/predictor-models';
import { AppError, type CallMeta } from '@mlab/kernel';
import { predictionsOf, type Class } from '#/domain/predictions.ts';
import type { Row } from '#/domain/row.ts';
import type { ExplainThread } from '#/explain/explain-thread.ts';
import type { AnsweringModel } from '#/models/answering-model.ts';
import { rowFormOf } from '#/models/row-form.ts';

/** What each field of a row moved a model's score by. */
export async function explainRows(
  thread: ExplainThread,
  model: AnsweringModel,
  asked: { readonly rows: readonly Row[]; readonly class?: unknown },
  call: CallMeta,
): Promise<RowExplanations> {
  const { file, signature, sha256 } = model;
  const { reader, roles, explainable } = rowFormOf(model);
  if ('refusal' in explainable) throw new AppError('conflict', explainable.refusal);
  const { rows } = asked;
  const { columns, ignored } = reader.read(rows);
  model.tally.ignoredFields += ignored;
  const outputs = await model.askInTurn(columns, rows.length, call);
  const predictions = predictionsOf(outputs, roles, rows.length).map(({ prediction }) => prediction);
  const isClassifier = roles.label !== undefined && roles.classes !== undefined;
  const chosen = isClassifier ? chosenClass(roles.classes, asked.class) : refuseClass(asked.class);
  const targets = predictions.map((prediction) => chosen ?? Math.max(0, roles.classes?.indexOf(prediction as Class) ?? 0));
  const { bytes } = file;
  const explained = await thread.explain({ sha256, bytes, signature, profile: file.profile, columns, targets }, call);
  const ofRow = isClassifier && chosen === undefined;
  return {
    model: model.model,
    version: model.version,
    method: explainable.method,
    ...(chosen === undefined ? {} : { class: roles.classes?.[chosen] }),
    explanations: explained.map(({ base, contributions }, row) => ({
      prediction: predictions[row],
      ...(ofRow ? { class: roles.classes?.[targets[row] as number] } : {}),
      base: finite(base),
      score: finite(contributions.reduce((sum, contribution) => sum + contribution, base)),
      contributions: Object.fromEntries(reader.fields.map(({ name }, field) => [name, finite(contributions[field] as number)])),
    })),
  };
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** The place of the class that is asked for, the second of two; of more each row has its own. */
function chosenClass(classes: readonly Class[] = [], asked: unknown): number | undefined {
  if (asked === undefined) return classes.length === 2 ? 1 : undefined;
  const place = classes.findIndex((one) => one === asked || String(one) === asked);
  if (place >= 0) return place;
  const msg = `The model has no such class; its classes are ${classes.slice(0, 20).join(', ')}`;
  throw new AppError('invalid', msg, { issues: [{ type: 'unknown_class', loc: ['body', 'class'], msg, input: asked }] });
}

function refuseClass(asked: unknown): undefined {
  if (asked === undefined) return undefined;
  const msg = 'The model has no classes';
  throw new AppError('invalid', msg, { issues: [{ type: 'unknown_class', loc: ['body', 'class'], msg, input: asked }] });
}
