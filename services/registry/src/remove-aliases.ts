import type { Transaction } from '@mlab/kernel';
import type { AliasOf, Model } from '#/domain/model.ts';
import { isPrompt } from '#/domain/prompt.ts';
import { aliased } from '#/domain/webhook-fact.ts';
import type { Who } from '#/domain/who.ts';
import type { Journal } from '#/journal.ts';
import { removeAlias } from '#/store/aliases.ts';

/** Takes aliases away that are there, one after the other. Whether that may be has been asked before. */
export async function removeAliases(tx: Transaction, journal: Journal, who: Who, model: Model, aliases: readonly AliasOf[]): Promise<void> {
  for (const { alias, version } of aliases) {
    await removeAlias(tx, model.id, alias);
    await journal.record(tx, who, {
      event: 'aliasDeleted',
      data: { model: model.name, alias, version },
      model,
      version,
      before: { alias, version },
      fact: aliased(model.name, alias, undefined, isPrompt(model.tags)),
    });
  }
}
