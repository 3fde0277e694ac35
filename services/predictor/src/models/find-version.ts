import type { registry } from '@mlab/contracts/registry';
import type { Version } from '@mlab/contracts/registry-schemas';
import { AppError, ifFound, type CallMeta, type ClientOf } from '@mlab/kernel';
import type { ModelRef } from '#/domain/served-model.ts';

type Registry = ClientOf<typeof registry>;

/** The version that is meant, as the registry has it. */
export async function findVersion(registry: Registry, ref: ModelRef, defaultAlias: string, call: CallMeta): Promise<Version> {
  const { model: name, version, alias } = ref;
  if (version !== undefined) return registry.getVersion({ name, version }, call);
  if (alias !== undefined) return registry.resolveAlias({ name, alias }, call);
  const named = defaultAlias === '' ? undefined : await ifFound(registry.resolveAlias({ name, alias: defaultAlias }, call));
  return named ?? newest(registry, name, call);
}

async function newest(registry: Registry, name: string, call: CallMeta): Promise<Version> {
  let cursor: string | undefined;
  do {
    const { items, next } = await registry.listVersions({ name, ...PAGE, ...(cursor === undefined ? {} : { cursor }) }, call);
    const found = items.find(({ approval }) => approval !== 'rejected' && approval !== 'archived');
    if (found !== undefined) return registry.getVersion({ name, version: found.version }, call);
    cursor = next;
  } while (cursor !== undefined);
  throw new AppError('not_found', `The model ${name} has no version that could answer.`);
}

const PAGE = { limit: 100 };
