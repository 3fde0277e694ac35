import type { AuditEntry, Delivery, Model as ModelView, Version, VersionSummary } from '@mlab/contracts/registry-schemas';
import type { CallMeta, Database } from '@mlab/kernel';
import type { Model, ModelVersion } from '#/domain/model.ts';
import { isPrompt } from '#/domain/prompt.ts';
import { listApprovals, listReports } from '#/store/approvals.ts';
import type { Entry } from '#/store/audit.ts';
import type { KeptDelivery } from '#/store/deliveries.ts';
import { listFiles } from '#/store/files.ts';

const time = (ms: number): string => new Date(ms).toISOString();
const record = (tags: Model['tags']): Readonly<Record<string, string>> => Object.fromEntries(tags.map(({ key, value }) => [key, value]));

/** A model as other services see it. */
export function modelView({ name, description, tags, aliases, lastVersion, createdMs, updatedMs }: Model): ModelView {
  return {
    name,
    ...(description ? { description } : {}),
    tags: record(tags),
    aliases: Object.fromEntries(aliases.map(({ alias, version }) => [alias, version])),
    lastVersion,
    isPrompt: isPrompt(tags),
    createdAt: time(createdMs),
    updatedAt: time(updatedMs),
  };
}

export function versionSummary(version: ModelVersion): VersionSummary {
  const { name: model, description, source, location, runId, loggedModelId, stage, approval, registeredBy, author } = version;
  return {
    model,
    version: version.version,
    source,
    location,
    stage,
    approval,
    registeredBy,
    ...(description ? { description } : {}),
    ...(runId === '' ? {} : { runId }),
    ...(loggedModelId === undefined ? {} : { loggedModelId }),
    ...(author === undefined ? {} : { author }),
    aliases: [...version.aliases],
    tags: record(version.tags),
    createdAt: time(version.createdMs),
    updatedAt: time(version.updatedMs),
  };
}

/** A version with all that is known of it. */
export async function versionView(database: Database, call: CallMeta, version: ModelVersion): Promise<Version> {
  const db = database.for(call);
  const files = version.listed ? await listFiles(db, version.modelId, version.version) : undefined;
  const approvals = await listApprovals(db, version);
  const { checks, metrics } = await listReports(db, version);
  return {
    ...versionSummary(version),
    ...(version.signature === undefined ? {} : { signature: version.signature }),
    ...(files === undefined ? {} : { files: [...files] }),
    approvals: approvals.map(({ by, at, comment }) => ({ by, at: at.toISOString(), ...(comment === undefined ? {} : { comment }) })),
    checks: mapValues(checks, ({ passed, detail, by, at }) => ({
      passed,
      by,
      at: at.toISOString(),
      ...(detail === undefined ? {} : { detail }),
    })),
    metrics: mapValues(metrics, ({ value, by, at }) => ({ value, by, at: at.toISOString() })),
  };
}

const mapValues = <T, U>(values: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));

export function entryView({ id, at, action, model, version, caller, name, via, before, after, traceId }: Entry): AuditEntry {
  return {
    id,
    at: at.toISOString(),
    action,
    caller,
    via,
    traceId,
    ...(model === undefined ? {} : { model }),
    ...(version === undefined ? {} : { version }),
    ...(name === undefined ? {} : { name }),
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
}

export function deliveryView({
  id,
  webhook,
  event,
  state,
  attempts,
  status,
  error,
  createdAt,
  attemptedAt,
  nextAt,
}: KeptDelivery): Delivery {
  return {
    id,
    webhook,
    event,
    state,
    attempts,
    createdAt: createdAt.toISOString(),
    ...(status === undefined ? {} : { status }),
    ...(error === undefined ? {} : { error }),
    ...(attemptedAt === undefined ? {} : { attemptedAt: attemptedAt.toISOString() }),
    ...(nextAt === undefined ? {} : { nextAt: nextAt.toISOString() }),
  };
}
