import { AppError, type CallMeta } from '@mlab/kernel';
import { checkAlias, checkModelName, checkNewAlias } from '@mlab/mlflow';
import { isPrompt } from '#/domain/prompt.ts';
import { aliased } from '#/domain/webhook-fact.ts';
import type { Who } from '#/domain/who.ts';
import type { RegistryOptions } from '#/models.ts';
import { mustLockModel, mustLockVersion, type VersionKey } from '#/must-find.ts';
import { removeAliases } from '#/remove-aliases.ts';
import { putAlias } from '#/store/aliases.ts';

export interface NewAlias extends VersionKey {
  readonly alias: string;
  /** The version that it must name before; 0: it must not be there. */
  readonly expected?: number | undefined;
}

export type Aliases = ReturnType<typeof openAliases>;

/** How aliases come and go. */
export function openAliases({ database, journal, guard }: RegistryOptions) {
  return {
    /** Answers what it named before. Where it names the version already nothing is changed, and nothing asked. */
    set: async (call: CallMeta, who: Who, { alias, expected, ...key }: NewAlias): Promise<number | undefined> => {
      checkModelName(key.name);
      checkNewAlias(alias);
      return database.transaction(call, async (tx) => {
        const { model, version } = await mustLockVersion(tx, key);
        const from = model.aliases.find((known) => known.alias === alias)?.version;
        if (expected !== undefined && expected !== (from ?? 0)) throw unexpected(`${model.name}@${alias}`, from, expected);
        if (from === version.version) return from;
        await guard.mayBear(tx, version, alias);
        await putAlias(tx, model.id, alias, version.version);
        await journal.record(tx, who, {
          event: 'aliasSet',
          data: { model: model.name, alias, version: version.version, ...(from === undefined ? {} : { from }) },
          model,
          version: version.version,
          before: from === undefined ? undefined : { alias, version: from },
          after: { alias, version: version.version },
          fact: aliased(model.name, alias, version.version, isPrompt(model.tags)),
        });
        return from;
      });
    },

    /** One that is not there stays so. */
    delete: async (call: CallMeta, who: Who, name: string, alias: string): Promise<void> => {
      checkModelName(name);
      checkAlias(alias);
      return database.transaction(call, async (tx) => {
        const model = await mustLockModel(tx, name);
        const there = model.aliases.filter((known) => known.alias === alias);
        if (there.length > 0) await guard.mayTakeAway(tx, model, [alias], `Deleting the alias ${alias}`);
        await removeAliases(tx, journal, who, model, there);
      });
    },
  };
}

function unexpected(what: string, from: number | undefined, expected: number): AppError {
  const is = from === undefined ? 'is not there' : `names version ${from}`;
  return new AppError('conflict', `${what} ${is}, and was expected ${expected === 0 ? 'not to be there' : `to name version ${expected}`}.`);
}
