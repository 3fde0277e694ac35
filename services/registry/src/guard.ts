import type { Policy, Stage } from '@mlab/contracts/registry-schemas';
import { AppError, type Queryable } from '@mlab/kernel';
import { mlflowError } from '@mlab/mlflow';
import type { Model, ModelVersion } from '#/domain/model.ts';
import { FIRST_POLICY, missing, ruleOfAlias, rulesOfStage, type Evidence } from '#/domain/policy.ts';
import { bareName } from '#/domain/who.ts';
import { listApprovals, listReports } from '#/store/approvals.ts';
import { findPolicy } from '#/store/policies.ts';

export type Guard = typeof guard;

/** The policy of a model: its own, or the default, or none. */
export async function policyOf(db: Queryable, modelId: number): Promise<{ readonly policy: Policy; readonly own: boolean }> {
  const own = await findPolicy(db, modelId);
  return own === undefined ? { policy: await defaultPolicy(db), own: false } : { policy: own, own: true };
}

export async function defaultPolicy(db: Queryable): Promise<Policy> {
  return (await findPolicy(db, undefined)) ?? FIRST_POLICY;
}

export async function evidenceOf(db: Queryable, version: ModelVersion): Promise<Evidence> {
  const [approvals, reports] = [await listApprovals(db, version), await listReports(db, version)];
  return {
    approval: version.approval,
    approvers: approvals.map(({ by }) => by),
    authors: [bareName(version.registeredBy), ...(version.author === undefined ? [] : [version.author])],
    ...reports,
    tags: Object.fromEntries(version.tags.map(({ key, value }) => [key, value])),
  };
}

/**
 * Holds changes to the policy of their model. Refusals are PERMISSION_DENIED (403): MLflow's client tells them at once, where it would repeat
 * a 5xx for minutes.
 */
export const guard = {
  /** What a version lacks to bear an alias. */
  readiness: async (db: Queryable, version: ModelVersion, alias: string) => {
    const { policy } = await policyOf(db, version.modelId);
    const rule = ruleOfAlias(policy, alias);
    return { guarded: rule !== undefined, missing: rule === undefined ? [] : missing(policy, rule, await evidenceOf(db, version)) };
  },

  mayBear: async (db: Queryable, version: ModelVersion, alias: string): Promise<void> => {
    refuse(version, `bear the alias ${alias}`, (await guard.readiness(db, version, alias)).missing);
  },

  mayEnter: async (db: Queryable, version: ModelVersion, stage: Stage): Promise<void> => {
    const { policy } = await policyOf(db, version.modelId);
    const rules = rulesOfStage(policy, stage);
    if (rules.length === 0) return;
    const evidence = await evidenceOf(db, version);
    refuse(version, `enter the stage ${stage}`, [...new Set(rules.flatMap((rule) => missing(policy, rule, evidence)))]);
  },

  /** Whether the aliases may be taken away, and what they name with them. */
  mayTakeAway: async (db: Queryable, model: Pick<Model, 'id' | 'name'>, aliases: readonly string[], what: string): Promise<void> => {
    if (aliases.length === 0) return;
    const { policy } = await policyOf(db, model.id);
    const kept = aliases.filter((alias) => ruleOfAlias(policy, alias)?.keep === true);
    if (kept.length === 0) return;
    const list = kept.join(', ');
    throw denied(`${what} is refused: the policy of ${model.name} keeps the alias ${list}, which may only be moved to another version.`);
  },

  /** What of a version a policy guards at the moment: its aliases, and whether its stage. */
  guarded: async (db: Queryable, version: ModelVersion): Promise<{ readonly aliases: readonly string[]; readonly stage: boolean }> => {
    const { policy } = await policyOf(db, version.modelId);
    const aliases = version.aliases.filter((alias) => ruleOfAlias(policy, alias) !== undefined);
    return { aliases, stage: rulesOfStage(policy, version.stage).length > 0 };
  },
};

function refuse({ name, version }: ModelVersion, what: string, reasons: readonly string[]): void {
  if (reasons.length > 0) throw denied(`${name} version ${version} may not ${what}: ${reasons.join('; ')}.`);
}

const denied = (message: string): AppError => mlflowError('PERMISSION_DENIED', message);
