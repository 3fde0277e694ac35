import { Type, type Static } from '@mlab/schema';

/** How far the judgement of a version has come. */
export const APPROVAL_STATES = ['candidate', 'approved', 'rejected', 'archived'] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];
/** MLflow's stages, which it has deprecated. */
export const STAGES = ['None', 'Staging', 'Production', 'Archived'] as const;
export type Stage = (typeof STAGES)[number];
export const COMPARISONS = ['>=', '>', '<=', '<'] as const;
export const DELIVERY_STATES = ['waiting', 'delivered', 'failed', 'dropped'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

export const Time = Type.String({ format: 'date-time', description: 'RFC 3339, in milliseconds' });
export const Texts = Type.Record(Type.String({ maxLength: 250 }), Type.String({ maxLength: 100_000 }));
export const StageField = Type.Unsafe<Stage>({ type: 'string', enum: STAGES, description: "MLflow's stage; apart from the approval" });
export const ApprovalField = Type.Unsafe<ApprovalState>({ type: 'string', enum: APPROVAL_STATES, description: 'How it was judged' });

export const Model = Type.Object(
  {
    name: Type.String(),
    description: Type.Optional(Type.String()),
    tags: Texts,
    aliases: Type.Record(Type.String(), Type.Integer(), { description: 'The version that each alias names' }),
    lastVersion: Type.Integer({ description: 'The greatest number that was ever given to a version; 0: none yet' }),
    isPrompt: Type.Boolean({ description: 'Whether MLflow keeps a prompt here, and no model' }),
    createdAt: Time,
    updatedAt: Time,
  },
  { title: 'Model' },
);
export type Model = Static<typeof Model>;

const version = {
  model: Type.String(),
  version: Type.Integer({ description: 'Counted from 1 in each model; never given twice' }),
  description: Type.Optional(Type.String()),
  source: Type.String({ description: 'What it was registered from' }),
  location: Type.String({ description: 'Where its files lie' }),
  runId: Type.Optional(Type.String({ description: 'The run that made it' })),
  loggedModelId: Type.Optional(Type.String({ description: 'The logged model that it is' })),
  stage: StageField,
  approval: ApprovalField,
  registeredBy: Type.String({ description: 'Who called' }),
  author: Type.Optional(Type.String({ description: 'Who made it, as the run or its client says' })),
  aliases: Type.Array(Type.String()),
  tags: Texts,
  createdAt: Time,
  updatedAt: Time,
};

export const VersionSummary = Type.Object(version, { title: 'VersionSummary' });
export type VersionSummary = Static<typeof VersionSummary>;

export const Signature = Type.Object(
  {
    inputs: Type.Array(Type.Unknown(), { description: "Columns or tensors, as MLflow's signatures have them" }),
    outputs: Type.Optional(Type.Array(Type.Unknown())),
    params: Type.Optional(Type.Array(Type.Unknown())),
  },
  { title: 'Signature' },
);
export type Signature = Static<typeof Signature>;

export const VersionFile = Type.Object(
  { path: Type.String({ description: 'Below the location' }), size: Type.Integer({ description: 'In bytes' }), sha256: Type.String() },
  { title: 'VersionFile' },
);
export type VersionFile = Static<typeof VersionFile>;

export const Version = Type.Object(
  {
    ...version,
    signature: Type.Optional(Signature),
    files: Type.Optional(
      Type.Array(VersionFile, {
        description: 'As they were when it was registered; absent when they lie where this platform does not look',
      }),
    ),
    approvals: Type.Array(Type.Object({ by: Type.String(), at: Time, comment: Type.Optional(Type.String()) }, { title: 'Approval' })),
    checks: Type.Record(
      Type.String(),
      Type.Object({ passed: Type.Boolean(), detail: Type.Optional(Type.String()), by: Type.String(), at: Time }),
    ),
    metrics: Type.Record(Type.String(), Type.Object({ value: Type.Number(), by: Type.String(), at: Time })),
  },
  { title: 'Version' },
);
export type Version = Static<typeof Version>;

const Name = Type.String({ minLength: 1, maxLength: 250 });

export const Reported = {
  checks: Type.Array(Type.Object({ name: Name, passed: Type.Boolean(), detail: Type.Optional(Type.String({ maxLength: 5000 })) }), {
    default: [],
    maxItems: 100,
  }),
  metrics: Type.Array(Type.Object({ name: Name, value: Type.Number() }), { default: [], maxItems: 100 }),
};

const approvalRule = {
  count: Type.Integer({ default: 1, minimum: 1, maximum: 20, description: 'How many must approve' }),
  approvers: Type.Optional(Type.Array(Name, { maxItems: 100, minItems: 1, description: 'Who may; absent: anybody' })),
  authorMayApprove: Type.Boolean({ default: true, description: 'Whether who registered or made a version counts among them' }),
};

export const ApprovalRule = Type.Object(approvalRule, { title: 'ApprovalRule', additionalProperties: false });

export const AliasRule = Type.Object(
  {
    alias: Type.String({ minLength: 1, maxLength: 255, description: 'Whose alias it guards; *: every alias that no other rule names' }),
    stages: Type.Array(StageField, { default: [], maxItems: 4, description: "MLflow's stages that it guards in the same way" }),
    checks: Type.Array(Name, { default: [], maxItems: 100, description: 'Checks that must have been reported as passed' }),
    metrics: Type.Array(
      Type.Object(
        {
          name: Name,
          comparison: Type.Unsafe<(typeof COMPARISONS)[number]>({ type: 'string', enum: COMPARISONS }),
          value: Type.Number(),
        },
        { additionalProperties: false },
      ),
      { default: [], maxItems: 100, description: 'Bounds that reported metrics must keep' },
    ),
    tags: Type.Array(Type.Object({ key: Name, value: Type.Optional(Type.String({ maxLength: 5000 })) }, { additionalProperties: false }), {
      default: [],
      maxItems: 100,
      description: 'Tags that the version must have; without a value: any',
    }),
    approvals: Type.Optional(ApprovalRule),
    keep: Type.Boolean({ default: false, description: 'Whether it may only be moved: never taken away, nor its version or model deleted' }),
  },
  { title: 'AliasRule', additionalProperties: false },
);
export type AliasRule = Static<typeof AliasRule>;

export const Policy = Type.Object(
  {
    approvals: Type.Object(approvalRule, { default: {}, additionalProperties: false, description: 'What makes a candidate approved' }),
    aliases: Type.Array(AliasRule, {
      default: [],
      maxItems: 100,
      description: 'Aliases that only an approved version may bear, and what else each of them needs',
    }),
  },
  { title: 'Policy', additionalProperties: false },
);
export type Policy = Static<typeof Policy>;

export const AuditEntry = Type.Object(
  {
    id: Type.Integer({ description: 'Later entries have greater ones' }),
    at: Time,
    action: Type.String({ description: 'What was done: version-registered, alias-set, …' }),
    model: Type.Optional(Type.String({ description: 'As it was called then' })),
    version: Type.Optional(Type.Integer()),
    caller: Type.String({ description: 'Who called, as far as it was proven' }),
    name: Type.Optional(Type.String({ description: 'Who it was, as the caller says' })),
    via: Type.String({ description: 'mlflow, or the operation' }),
    before: Type.Optional(Type.Unknown()),
    after: Type.Optional(Type.Unknown()),
    traceId: Type.String(),
  },
  { title: 'AuditEntry' },
);
export type AuditEntry = Static<typeof AuditEntry>;

export const Delivery = Type.Object(
  {
    id: Type.String({ description: 'What X-MLflow-Delivery-Id says, the same in all attempts' }),
    webhook: Type.String(),
    event: Type.String({ description: 'model_version.created, …' }),
    state: Type.Unsafe<DeliveryState>({
      type: 'string',
      enum: DELIVERY_STATES,
      description: 'failed: given up after the last attempt; dropped: its webhook was deleted or disabled',
    }),
    attempts: Type.Integer(),
    status: Type.Optional(Type.Integer({ description: 'The HTTP status of the last answer' })),
    error: Type.Optional(Type.String({ description: 'Why the last attempt failed' })),
    createdAt: Time,
    attemptedAt: Type.Optional(Time),
    nextAt: Type.Optional(Time),
  },
  { title: 'Delivery' },
);
export type Delivery = Static<typeof Delivery>;
