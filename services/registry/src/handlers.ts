import type { registry } from '@mlab/contracts/registry';
import { AppError, type CallMeta, type Database, type HandlersOf } from '@mlab/kernel';
import type { Aliases } from '#/aliases.ts';
import type { Approvals } from '#/approvals.ts';
import { page, readCursor, readNumberCursor } from '#/cursor.ts';
import { deliveryView, entryView, modelView, versionSummary, versionView } from '#/details.ts';
import type { Who } from '#/domain/who.ts';
import type { Models } from '#/models.ts';
import type { Policies } from '#/policies.ts';
import type { Register } from '#/register.ts';
import { listEntries } from '#/store/audit.ts';
import type { Versions } from '#/versions.ts';
import type { Deliveries } from '#/webhooks/deliveries.ts';

export interface Deps {
  readonly database: Database;
  readonly models: Models;
  readonly versions: Versions;
  readonly aliases: Aliases;
  readonly register: Register;
  readonly approvals: Approvals;
  readonly policies: Policies;
  readonly deliveries: Deliveries;
}

export const handlers = (deps: Deps): HandlersOf<typeof registry> => ({
  ...modelHandlers(deps),
  ...versionHandlers(deps),
  ...judgementHandlers(deps),
  ...recordHandlers(deps),
});

type Handlers = HandlersOf<typeof registry>;

/** Who asks, as the operation's input says. */
const whoOf = (via: string, { by }: { readonly by?: string | undefined }, { caller }: CallMeta): Who => ({ caller, name: by, via });

function modelHandlers({ models, aliases }: Deps): Pick<Handlers, 'listModels' | 'getModel' | 'setAlias' | 'deleteAlias'> {
  return {
    listModels: async ({ filter, limit, cursor }, call) => {
      const found = await models.search(call, { filter, orderBy: [], offset: 0, limit: limit + 1, behind: readCursor(cursor) });
      const { items, ...rest } = page(found, limit, ({ name }) => name);
      return { items: items.map(modelView), ...rest };
    },
    getModel: async ({ name }, call) => modelView(await models.get(call, name)),
    setAlias: async ({ by, ...alias }, call) => {
      const from = await aliases.set(call, whoOf('setAlias', { by }, call), alias);
      return { version: alias.version, ...(from === undefined ? {} : { from }) };
    },
    deleteAlias: async ({ name, alias, ...input }, call) => {
      await aliases.delete(call, whoOf('deleteAlias', input, call), name, alias);
      return {};
    },
  };
}

type VersionOperation = 'listVersions' | 'getVersion' | 'resolveAlias' | 'registerVersion' | 'deleteVersion';

function versionHandlers({ database, versions, register }: Deps): Pick<Handlers, VersionOperation> {
  return {
    listVersions: async ({ name, approval, limit, cursor }, call) => {
      const found = await versions.list(call, name, { approval, below: readNumberCursor(cursor), limit: limit + 1 });
      const { items, ...rest } = page(found, limit, ({ version }) => version);
      return { items: items.map(versionSummary), ...rest };
    },
    getVersion: async (key, call) => versionView(database, call, await versions.get(call, key)),
    resolveAlias: async ({ name, alias }, call) => {
      const number = /^v(\d{1,9})$/i.exec(alias)?.[1];
      const found =
        number === undefined ? await versions.findByAlias(call, name, alias) : await versions.get(call, { name, version: Number(number) });
      if (found === undefined) throw new AppError('not_found', `${name} has no alias ${alias}.`);
      return versionView(database, call, found);
    },
    registerVersion: async (
      { name, source, createModel: createsModel, once, runId, description = '', tags, signature, ...input },
      call,
    ) => {
      const asked = { name, source, createsModel, once, runId, description, signature, modelId: undefined, runLink: '', implied: true };
      const list = Object.entries(tags).map(([key, value]) => ({ key, value }));
      const made = await register(call, whoOf('registerVersion', input, call), { ...asked, tags: list });
      return versionView(database, call, made);
    },
    deleteVersion: async ({ name, version, ...input }, call) => {
      await versions.delete(call, whoOf('deleteVersion', input, call), { name, version });
      return {};
    },
  };
}

type JudgementOperation =
  | 'reportResults'
  | 'approveVersion'
  | 'rejectVersion'
  | 'archiveVersion'
  | 'getReadiness'
  | 'getPolicy'
  | 'setPolicy'
  | 'deletePolicy'
  | 'getDefaultPolicy'
  | 'setDefaultPolicy';

function judgementHandlers({ approvals, policies }: Deps): Pick<Handlers, JudgementOperation> {
  const judged = ({ approval, missing }: Awaited<ReturnType<Approvals['approve']>>) => ({ approval, missing: [...missing] });
  return {
    reportResults: async ({ name, version, checks, metrics, ...input }, call) => {
      await approvals.report(call, whoOf('reportResults', input, call), { name, version }, { checks, metrics });
      return {};
    },
    approveVersion: async ({ name, version, comment, ...input }, call) =>
      judged(await approvals.approve(call, whoOf('approveVersion', input, call), { name, version }, comment)),
    rejectVersion: async ({ name, version, by, ...judgement }, call) =>
      judged(await approvals.reject(call, whoOf('rejectVersion', { by }, call), { name, version }, judgement)),
    archiveVersion: async ({ name, version, by, ...judgement }, call) =>
      judged(await approvals.archive(call, whoOf('archiveVersion', { by }, call), { name, version }, judgement)),
    getReadiness: ({ name, version, alias }, call) => approvals.readiness(call, { name, version }, alias),
    getPolicy: ({ name }, call) => policies.get(call, name),
    setPolicy: ({ name, policy, ...input }, call) => policies.set(call, whoOf('setPolicy', input, call), name, policy),
    deletePolicy: async ({ name, ...input }, call) => {
      await policies.remove(call, whoOf('deletePolicy', input, call), name);
      return {};
    },
    getDefaultPolicy: (_input, call) => policies.getDefault(call),
    setDefaultPolicy: ({ policy, ...input }, call) => policies.setDefault(call, whoOf('setDefaultPolicy', input, call), policy),
  };
}

function recordHandlers({ database, deliveries }: Deps): Pick<Handlers, 'listAudit' | 'listDeliveries' | 'redriveDelivery'> {
  return {
    listAudit: async ({ from, to, limit, cursor, ...query }, call) => {
      const times = { ...(from === undefined ? {} : { from: new Date(from) }), ...(to === undefined ? {} : { to: new Date(to) }) };
      const below = readNumberCursor(cursor);
      const asked = { ...query, ...times, ...(below === undefined ? {} : { below }), limit: limit + 1 };
      const { items, ...rest } = page(await listEntries(database.for(call), asked), limit, ({ id }) => id);
      return { items: items.map(entryView), ...rest };
    },
    listDeliveries: async ({ webhook, state, limit, cursor }, call) => {
      const found = await deliveries.list(call, { webhook, state, below: readNumberCursor(cursor), limit: limit + 1 });
      const { items, ...rest } = page(found, limit, ({ seq }) => seq);
      return { items: items.map(deliveryView), ...rest };
    },
    redriveDelivery: async ({ id }, call) => deliveryView(await deliveries.redrive(call, id)),
  };
}
