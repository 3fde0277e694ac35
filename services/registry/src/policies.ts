import type { Policy } from '@mlab/contracts/registry-schemas';
import { AppError, type CallMeta } from '@mlab/kernel';
import { checkModelName, checkNewAlias } from '@mlab/mlflow';
import { FIRST_POLICY } from '#/domain/policy.ts';
import type { Who } from '#/domain/who.ts';
import { defaultPolicy, policyOf } from '#/guard.ts';
import type { RegistryOptions } from '#/models.ts';
import { mustFindModel, mustLockModel } from '#/must-find.ts';
import { findPolicy, putPolicy, removePolicy } from '#/store/policies.ts';

export type Policies = ReturnType<typeof openPolicies>;

/** What versions need, per model and for all. */
export function openPolicies({ database, journal }: RegistryOptions) {
  return {
    get: async (call: CallMeta, name: string): Promise<{ readonly policy: Policy; readonly own: boolean }> => {
      checkModelName(name);
      const db = database.for(call);
      return policyOf(db, (await mustFindModel(db, name)).id);
    },

    getDefault: (call: CallMeta): Promise<Policy> => defaultPolicy(database.for(call)),

    set: async (call: CallMeta, who: Who, name: string, policy: Policy): Promise<Policy> => {
      checkModelName(name);
      checkPolicy(policy);
      return database.transaction(call, async (tx) => {
        const model = await mustLockModel(tx, name);
        const before = await findPolicy(tx, model.id);
        await putPolicy(tx, model.id, policy);
        await journal.record(tx, who, { event: 'policyChanged', data: { model: name }, model, before, after: policy });
        return policy;
      });
    },

    /** The model is held to the default from then on. */
    remove: async (call: CallMeta, who: Who, name: string): Promise<void> => {
      checkModelName(name);
      return database.transaction(call, async (tx) => {
        const model = await mustLockModel(tx, name);
        const before = await findPolicy(tx, model.id);
        if (before === undefined) return;
        await removePolicy(tx, model.id);
        await journal.record(tx, who, { event: 'policyChanged', data: { model: name }, model, before });
      });
    },

    setDefault: async (call: CallMeta, who: Who, policy: Policy): Promise<Policy> => {
      checkPolicy(policy);
      return database.transaction(call, async (tx) => {
        const before = (await findPolicy(tx, undefined)) ?? FIRST_POLICY;
        await putPolicy(tx, undefined, policy);
        await journal.record(tx, who, { event: 'policyChanged', data: {}, model: undefined, before, after: policy });
        return policy;
      });
    },
  };
}

function checkPolicy({ approvals, aliases }: Policy): void {
  const seen = new Set<string>();
  for (const { alias, stages, approvals: own } of aliases) {
    if (alias !== '*') checkNewAlias(alias);
    if (seen.has(alias)) throw invalid(`aliases has two rules for ${alias}`);
    seen.add(alias);
    if (stages.includes('None')) throw invalid('stages may hold Staging, Production and Archived: every version begins in None');
    if (own !== undefined) checkCount(own, `the alias ${alias}`);
  }
  checkCount(approvals, 'approvals');
}

/** A rule that nobody can fulfil is a mistake. */
function checkCount({ count, approvers }: Policy['approvals'], what: string): void {
  if (approvers !== undefined && new Set(approvers).size < count)
    throw invalid(`${what} asks for ${count} approvals of ${approvers.length} approvers`);
}

const invalid = (what: string): AppError =>
  new AppError('invalid', `policy.${what}.`, { issues: [{ type: 'policy', loc: ['body', 'policy'], msg: what, input: undefined }] });
