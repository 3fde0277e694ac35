import type { Model, ModelVersion } from '#/domain/model.ts';
import type { Webhook } from '#/domain/webhook.ts';

/** Protobuf leaves empty lists out. */
const unlessEmpty = <T>(items: readonly T[]): readonly T[] | undefined => (items.length === 0 ? undefined : items);

/** A version of a model in MLflow's answers. Its aliases are there only where MLflow gives them. */
export function versionShape(version: ModelVersion, { withAliases }: { readonly withAliases: boolean }) {
  return {
    name: version.name,
    version: String(version.version),
    creation_timestamp: version.createdMs,
    last_updated_timestamp: version.updatedMs,
    current_stage: version.stage,
    description: version.description,
    source: version.source,
    run_id: version.runId,
    status: 'READY',
    tags: unlessEmpty(version.tags),
    run_link: version.runLink,
    aliases: withAliases ? unlessEmpty(version.aliases) : undefined,
  };
}

/** A registered model with those of the latest versions that are its own. */
export function modelShape(model: Model, latest: readonly ModelVersion[]) {
  const own = latest.filter(({ modelId }) => modelId === model.id);
  return {
    name: model.name,
    creation_timestamp: model.createdMs,
    last_updated_timestamp: model.updatedMs,
    description: model.description || undefined,
    latest_versions: unlessEmpty(own.map((version) => versionShape(version, { withAliases: false }))),
    tags: unlessEmpty(model.tags),
    aliases: unlessEmpty(model.aliases.map(({ alias, version }) => ({ alias, version: String(version) }))),
  };
}

export function webhookShape({ id, name, description, url, events, status, createdMs, updatedMs }: Webhook) {
  return {
    webhook_id: id,
    name,
    description: description || undefined,
    url,
    events,
    status,
    creation_timestamp: createdMs,
    last_updated_timestamp: updatedMs,
  };
}
