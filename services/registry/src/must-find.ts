import type { Queryable, Transaction } from '@mlab/kernel';
import type { Model, ModelVersion } from '#/domain/model.ts';
import { noModel, noVersion } from '#/domain/names.ts';
import { findModel, lockModel } from '#/store/models.ts';
import { findVersion } from '#/store/versions.ts';

/** A version of a model, by its number; `shown` is how the client wrote that. */
export interface VersionKey {
  readonly name: string;
  readonly version: number;
  readonly shown?: string | undefined;
}

export async function mustFindModel(db: Queryable, name: string): Promise<Model> {
  const model = await findModel(db, name);
  if (model === undefined) throw noModel(name);
  return model;
}

/** Nobody else changes it until the transaction ends, nor what belongs to it. */
export async function mustLockModel(tx: Transaction, name: string): Promise<Model> {
  const model = await lockModel(tx, name);
  if (model === undefined) throw noModel(name);
  return model;
}

/** MLflow says the same of a model that is not there. */
export async function mustFindVersion(db: Queryable, { name, version, shown }: VersionKey): Promise<ModelVersion> {
  const model = await findModel(db, name);
  const found = model && (await findVersion(db, model.id, version));
  if (found === undefined) throw noVersion(name, shown ?? version);
  return found;
}

/** With its model, which nobody else changes until the transaction ends. */
export async function mustLockVersion(
  tx: Transaction,
  { name, version, shown }: VersionKey,
): Promise<{ readonly model: Model; readonly version: ModelVersion }> {
  const model = await lockModel(tx, name);
  const found = model && (await findVersion(tx, model.id, version));
  if (model === undefined || found === undefined) throw noVersion(name, shown ?? version);
  return { model, version: found };
}
