import type { AliasRule, ApprovalState, Policy, Stage } from '@mlab/contracts/registry-schemas';

type ApprovalRule = Policy['approvals'];

/** All that is known of a version when it is to bear an alias. */
export interface Evidence {
  readonly approval: ApprovalState;
  /** Who has approved of it. */
  readonly approvers: readonly string[];
  /** Who registered or made it. */
  readonly authors: readonly string[];
  readonly checks: Readonly<Record<string, { readonly passed: boolean }>>;
  readonly metrics: Readonly<Record<string, { readonly value: number }>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** What holds where nobody has said anything: one approval makes a version approved, and no alias needs it. */
export const FIRST_POLICY: Policy = { approvals: { count: 1, authorMayApprove: true }, aliases: [] };

/** The rule that guards an alias; undefined: any version may bear it. */
export function ruleOfAlias({ aliases }: Policy, alias: string): AliasRule | undefined {
  return aliases.find((rule) => rule.alias === alias) ?? aliases.find((rule) => rule.alias === '*');
}

/** The rules that guard one of MLflow's stages. */
export function rulesOfStage({ aliases }: Policy, stage: Stage): readonly AliasRule[] {
  return aliases.filter(({ stages }) => stages.includes(stage));
}

/** Why somebody's approval of a version would count for nothing; undefined: it counts. */
export function whyNotApprover(policy: Policy, evidence: Pick<Evidence, 'authors'>, approver: string): string | undefined {
  const stranger = whyNotListed(policy, approver);
  if (stranger !== undefined || rulesOf(policy).some((rule) => counts(rule, evidence, approver))) return stranger;
  return `${approver} has registered or made it, and may not approve of it`;
}

/** Why somebody is nobody whom the policy asks for his judgement. */
export function whyNotListed(policy: Policy, name: string): string | undefined {
  const rules = rulesOf(policy);
  if (rules.some(({ approvers }) => approvers?.includes(name) ?? true)) return undefined;
  return `${name} is none of the approvers, who are ${[...new Set(rules.flatMap(({ approvers }) => approvers ?? []))].join(', ')}`;
}

const rulesOf = ({ approvals, aliases }: Policy): readonly ApprovalRule[] => [
  approvals,
  ...aliases.flatMap((rule) => rule.approvals ?? []),
];

function counts({ approvers, authorMayApprove }: ApprovalRule, { authors }: Pick<Evidence, 'authors'>, approver: string): boolean {
  return (approvers?.includes(approver) ?? true) && (authorMayApprove || !authors.includes(approver));
}

/** What a version needs to be approved, beyond what it has. */
export function missingApprovals(rule: ApprovalRule, evidence: Pick<Evidence, 'approvers' | 'authors'>): readonly string[] {
  const has = evidence.approvers.filter((approver) => counts(rule, evidence, approver)).length;
  if (has >= rule.count) return [];
  const of = rule.approvers === undefined ? '' : ` of ${rule.approvers.join(', ')}`;
  const without = rule.authorMayApprove ? '' : ', without its author';
  return [`it has ${has} of the ${rule.count} approvals${of} that it needs${without}`];
}

const HOLDS = {
  '>=': (value: number, bound: number) => value >= bound,
  '>': (value: number, bound: number) => value > bound,
  '<=': (value: number, bound: number) => value <= bound,
  '<': (value: number, bound: number) => value < bound,
} as const;

/** Why a version may not bear what a rule guards, as parts of a sentence; none: it may. */
export function missing(policy: Policy, rule: AliasRule, evidence: Evidence): readonly string[] {
  const { approval, checks, metrics, tags } = evidence;
  const reasons: string[] = [];
  if (approval !== 'approved') reasons.push(`it is ${approval} and not approved`);
  // A policy may have become stricter since.
  else reasons.push(...missingApprovals(policy.approvals, evidence));
  if (rule.approvals !== undefined) reasons.push(...missingApprovals(rule.approvals, evidence));
  for (const name of rule.checks) {
    const check = own(checks, name);
    if (check?.passed !== true) reasons.push(`the check ${name} has ${check === undefined ? 'not been reported' : 'failed'}`);
  }
  for (const { name, comparison, value } of rule.metrics) {
    const metric = own(metrics, name);
    if (metric === undefined) reasons.push(`the metric ${name} has not been reported`);
    else if (!HOLDS[comparison](metric.value, value))
      reasons.push(`the metric ${name} is ${metric.value}, and must be ${comparison} ${value}`);
  }
  for (const { key, value } of rule.tags) {
    const tag = own(tags, key);
    if (tag === undefined) reasons.push(`it has no tag ${key}`);
    else if (value !== undefined && tag !== value) reasons.push(`its tag ${key} is not ${value}`);
  }
  return reasons;
}

const own = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined => (Object.hasOwn(record, key) ? record[key] : undefined);
