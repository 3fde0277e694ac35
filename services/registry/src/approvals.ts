import type { ApprovalState } from '@mlab/contracts/registry-schemas';
import { AppError, type CallMeta, type Transaction } from '@mlab/kernel';
import { checkAlias, checkModelName } from '@mlab/mlflow';
import { openChangeVersion } from '#/change-version.ts';
import { checkBecomes } from '#/domain/approval.ts';
import type { Model, ModelVersion } from '#/domain/model.ts';
import { missingApprovals, whyNotApprover, whyNotListed } from '#/domain/policy.ts';
import { judge, shownName, type Who } from '#/domain/who.ts';
import { evidenceOf, policyOf } from '#/guard.ts';
import type { RegistryOptions } from '#/models.ts';
import { moveToStage } from '#/move-to-stage.ts';
import { mustFindVersion, type VersionKey } from '#/must-find.ts';
import { removeAliases } from '#/remove-aliases.ts';
import { insertApproval, putReports, type NewReports } from '#/store/approvals.ts';
import { setApproval } from '#/store/versions.ts';

export interface Judged {
  readonly approval: ApprovalState;
  /** What a candidate still needs to be approved. */
  readonly missing: readonly string[];
}

export interface Judgement {
  readonly comment?: string;
  /** Whether guarded aliases and stages are taken away from it; otherwise they are in the way. */
  readonly release: boolean;
}

export interface ApprovalsOptions extends RegistryOptions {
  readonly now: () => Date;
  /** Whether who judges is taken at his word. */
  readonly trustNames: boolean;
}

export type Approvals = ReturnType<typeof openApprovals>;

/** How versions are judged. */
export function openApprovals({ database, journal, guard, nowMs, now, trustNames }: ApprovalsOptions) {
  const change = openChangeVersion(database);

  /** Takes away what a policy guards, or says that it is in the way. */
  const release = async (tx: Transaction, who: Who, { model, version, to, isAsked }: Release): Promise<void> => {
    const guarded = await guard.guarded(tx, version);
    if (guarded.aliases.length === 0 && !guarded.stage) return;
    const what = `${model.name} version ${version.version}`;
    if (!isAsked) {
      const bears = [
        ...guarded.aliases.map((alias) => `the alias ${alias}`),
        ...(guarded.stage ? [`the stage ${version.stage}`] : []),
      ].join(', ');
      throw new AppError(
        'conflict',
        `${what} cannot become ${to} while it has ${bears}: move it to another version before, or ask with release.`,
      );
    }
    await guard.mayTakeAway(tx, model, guarded.aliases, `Letting ${what} become ${to}`);
    await removeAliases(
      tx,
      journal,
      who,
      model,
      guarded.aliases.map((alias) => ({ alias, version: version.version })),
    );
    if (guarded.stage) await moveToStage(tx, { journal, nowMs }, who, version, 'Archived');
  };

  const end =
    (to: 'rejected' | 'archived') =>
    async (call: CallMeta, who: Who, key: VersionKey, { comment, release: isAsked }: Judgement): Promise<Judged> => {
      const by = { ...who, name: judge(who, trustNames) };
      return change(call, key, async (tx, version, model) => {
        checkBecomes(`${model.name} version ${version.version}`, version.approval, to);
        const { policy } = await policyOf(tx, model.id);
        const why = to === 'rejected' ? whyNotListed(policy, by.name) : undefined;
        if (why !== undefined) throw new AppError('forbidden', `${model.name} version ${version.version} was not rejected: ${why}.`);
        await release(tx, by, { model, version, to, isAsked });
        await setApproval(tx, version, to, nowMs());
        await journal.record(tx, by, {
          event: to === 'rejected' ? 'versionRejected' : 'versionArchived',
          data: { model: model.name, version: version.version, from: version.approval, ...(comment === undefined ? {} : { comment }) },
          model,
          version: version.version,
          before: { approval: version.approval },
          after: { approval: to, comment },
        });
        return { approval: to, missing: [] };
      });
    };

  return {
    /** Approving twice is approving once. */
    approve: async (call: CallMeta, who: Who, key: VersionKey, comment: string | undefined): Promise<Judged> => {
      const name = judge(who, trustNames);
      const by = { ...who, name };
      return change(call, key, async (tx, version, model) => {
        const what = `${model.name} version ${version.version}`;
        if (version.approval !== 'approved') checkBecomes(what, version.approval, 'approved');
        const { policy } = await policyOf(tx, model.id);
        const evidence = await evidenceOf(tx, version);
        const why = whyNotApprover(policy, evidence, name);
        if (why !== undefined) throw new AppError('forbidden', `${what} was not approved of: ${why}.`);
        const isNew = !evidence.approvers.includes(name);
        const approvers = isNew ? [...evidence.approvers, name] : evidence.approvers;
        const missing = missingApprovals(policy.approvals, { ...evidence, approvers });
        const approval = version.approval === 'candidate' && missing.length === 0 ? 'approved' : version.approval;
        const of = { model: model.name, version: version.version };
        if (isNew) {
          await insertApproval(tx, version, { by: name, at: now(), comment });
          const data = { ...of, approval, ...(comment === undefined ? {} : { comment }) };
          await journal.record(tx, by, {
            event: 'approvalGiven',
            data,
            model,
            version: version.version,
            after: { approver: name, comment },
          });
        }
        if (approval !== version.approval) {
          await setApproval(tx, version, approval, nowMs());
          const states = { before: { approval: version.approval }, after: { approval } };
          await journal.record(tx, by, { event: 'versionApproved', data: of, model, version: version.version, ...states });
        }
        return { approval, missing: approval === 'candidate' ? missing : [] };
      });
    },

    reject: end('rejected'),
    archive: end('archived'),

    report: async (call: CallMeta, who: Who, key: VersionKey, reported: Pick<NewReports, 'checks' | 'metrics'>): Promise<void> => {
      const checks = lastByName(reported.checks);
      const metrics = lastByName(reported.metrics);
      if (checks.length + metrics.length === 0)
        throw new AppError('invalid', 'checks and metrics are both empty: at least one of them must be reported.');
      return change(call, key, async (tx, version, model) => {
        const { checks: hadChecks, metrics: hadMetrics } = await evidenceOf(tx, version);
        await putReports(tx, version, { checks, metrics, by: shownName(who), at: now() });
        await journal.record(tx, who, {
          event: 'versionReported',
          data: {
            model: model.name,
            version: version.version,
            checks: checks.map(({ name, passed }) => ({ name, passed })),
            metrics: [...metrics],
          },
          model,
          version: version.version,
          before: { checks: pick(hadChecks, checks), metrics: pick(hadMetrics, metrics) },
          after: { checks, metrics },
        });
      });
    },

    /** Whether a version may bear an alias, and if not, why. */
    readiness: async (call: CallMeta, key: VersionKey, alias: string) => {
      checkModelName(key.name);
      checkAlias(alias);
      const db = database.for(call);
      const { guarded, missing } = await guard.readiness(db, await mustFindVersion(db, key), alias);
      return { ready: missing.length === 0, guarded, missing: [...missing] };
    },
  };
}

interface Release {
  readonly model: Model;
  readonly version: ModelVersion;
  readonly to: ApprovalState;
  readonly isAsked: boolean;
}

const lastByName = <T extends { readonly name: string }>(items: readonly T[]): readonly T[] => [
  ...new Map(items.map((item) => [item.name, item])).values(),
];

/** What was said before under the same names. */
const pick = <T>(had: Readonly<Record<string, T>>, items: readonly { readonly name: string }[]): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(had).filter(([name]) => items.some((item) => item.name === name)));
