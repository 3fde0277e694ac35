import type { CallMeta, Database, Transaction } from '@mlab/kernel';
import { checkModelName } from '@mlab/mlflow';
import type { Model, ModelVersion } from '#/domain/model.ts';
import { mustLockVersion, type VersionKey } from '#/must-find.ts';

/** Lets `work` change a version whose model nobody else changes meanwhile. */
export type ChangeVersion = <T>(
  call: CallMeta,
  key: VersionKey,
  work: (tx: Transaction, version: ModelVersion, model: Model) => Promise<T>,
) => Promise<T>;

export const openChangeVersion =
  (database: Database): ChangeVersion =>
  (call, key, work) => {
    checkModelName(key.name);
    return database.transaction(call, async (tx) => {
      const { model, version } = await mustLockVersion(tx, key);
      return work(tx, version, model);
    });
  };
