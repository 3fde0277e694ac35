import type { Transaction } from '@mlab/kernel';
import { checkModelName, mlflowError } from '@mlab/mlflow';
import { lastOfEach, type Tag } from '#/domain/model.ts';
import { checkDescription, checkModelTag } from '#/domain/names.ts';
import { isPrompt } from '#/domain/prompt.ts';
import { modelCreated } from '#/domain/webhook-fact.ts';
import type { Who } from '#/domain/who.ts';
import type { Journal } from '#/journal.ts';
import { insertModel } from '#/store/models.ts';

export interface NewModel {
  readonly name: string;
  readonly description: string;
  readonly tags: readonly Tag[];
}

interface Deps {
  readonly journal: Journal;
  readonly nowMs: () => number;
}

export function checkNewModel({ name, description, tags }: NewModel): void {
  checkModelName(name);
  checkDescription(description);
  for (const tag of tags) checkModelTag(tag);
}

/** False when the name is taken. */
export async function createModel(tx: Transaction, { journal, nowMs }: Deps, who: Who, made: NewModel): Promise<boolean> {
  const { name, description } = made;
  const tags = lastOfEach(made.tags);
  const id = await insertModel(tx, { name, description, tags, nowMs: nowMs() });
  if (id === undefined) return false;
  await journal.record(tx, who, {
    event: 'modelCreated',
    data: { model: name },
    model: { id, name },
    after: { description, tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])) },
    fact: modelCreated(name, tags, description, isPrompt(tags)),
  });
  return true;
}

/** `isPromptThere` and `isPromptNew`: whether what has the name, and what wants it, are prompts. */
export function alreadyExists(name: string, isPromptThere: boolean, isPromptNew: boolean): Error {
  const kind = (prompt: boolean): string => (prompt ? 'Prompt' : 'Registered Model');
  if (isPromptThere === isPromptNew) return mlflowError('RESOURCE_ALREADY_EXISTS', `${kind(isPromptNew)} (name=${name}) already exists.`);
  return mlflowError(
    'RESOURCE_ALREADY_EXISTS',
    `Tried to create a ${kind(isPromptNew).toLowerCase()} with name '${name}', but the name is already taken by a ` +
      `${kind(isPromptThere).toLowerCase()}. MLflow does not allow creating a model and a prompt with the same name.`,
  );
}
