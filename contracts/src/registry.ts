import { defineContract, operation } from '@mlab/kernel';
import { Type } from '@mlab/schema';
import { mlflowRegistry } from './mlflow.ts';
import { deliveryOperations } from './registry-deliveries.ts';
import { registryEvents } from './registry-events.ts';
import { next, paging } from './registry-paging.ts';
import {
  ApprovalField,
  APPROVAL_STATES,
  AuditEntry,
  Model,
  Policy,
  Reported,
  Signature,
  Texts,
  Version,
  VersionSummary,
  type ApprovalState,
} from './registry-schemas.ts';

const name = Type.String({ minLength: 1, maxLength: 256, description: 'Of the model' });
const version = Type.Integer({ minimum: 0, maximum: 2_147_483_647 });
const alias = Type.String({ minLength: 1, maxLength: 255 });
const by = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 128,
    description: 'Who it is, where callers are taken at their word (MLAB_REGISTRY_TRUST_NAMES). Absent: who calls',
  }),
);
const comment = Type.Optional(Type.String({ maxLength: 5000 }));
const release = Type.Boolean({
  default: false,
  description: 'Whether guarded aliases and stages are taken away from it. Otherwise the request is refused because of them',
});
const ofVersion = Type.Object({ name, version });
const Judged = Type.Object({
  approval: ApprovalField,
  missing: Type.Array(Type.String({ description: 'What it still needs to be approved' })),
});

export const registry = defineContract({
  name: 'registry',
  title: 'Model Registry',
  label: 'Model Registry',
  description: "Keeps models, their versions, aliases and approvals; speaks MLflow's protocol.",
  port: 8008,
  wire: 'problem',
  protocols: { mlflow: mlflowRegistry },
  operations: {
    listModels: operation('GET /models', {
      summary: 'List the models by name',
      description: 'Prompts, which MLflow keeps among the models, are left out unless the filter asks for them.',
      scope: 'registry:read',
      input: Type.Object({
        filter: Type.Optional(
          Type.String({ maxLength: 10_000, description: "As MLflow's clients write it: name LIKE 'churn%' AND tag.team = 'a'" }),
        ),
        ...paging,
      }),
      output: Type.Object({ items: Type.Array(Model), next }, { title: 'Models' }),
    }),
    getModel: operation('GET /models/:name', {
      summary: 'Get a model',
      scope: 'registry:read',
      input: Type.Object({ name }),
      output: Model,
    }),
    listVersions: operation('GET /models/:name/versions', {
      summary: 'List the versions of a model, the newest first',
      scope: 'registry:read',
      input: Type.Object({
        name,
        approval: Type.Optional(Type.Unsafe<ApprovalState>({ type: 'string', enum: APPROVAL_STATES })),
        ...paging,
      }),
      output: Type.Object({ items: Type.Array(VersionSummary), next }, { title: 'Versions' }),
    }),
    getVersion: operation('GET /models/:name/versions/:version', {
      summary: 'Get a version',
      description: 'With its signature, its files, and how it was judged.',
      scope: 'registry:read',
      input: ofVersion,
      output: Version,
    }),
    resolveAlias: operation('GET /models/:name/aliases/:alias', {
      summary: 'Get the version that an alias names',
      description: '`latest` is the greatest version, and `v3` is version 3.',
      scope: 'registry:read',
      input: Type.Object({ name, alias }),
      output: Version,
    }),
    registerVersion: operation('POST /models/:name/versions', {
      summary: 'Register a version',
      description: 'Its files are listed and kept with it: path, size and SHA-256, wherever this platform keeps them.',
      scope: 'registry:write',
      input: Type.Object({
        name,
        source: Type.String({
          minLength: 1,
          maxLength: 2048,
          description: 'models:/m-…, runs:/<run>/<path>, mlflow-artifacts:/…, models:/name/3, s3://…',
        }),
        createModel: Type.Boolean({ default: true, description: 'Whether the model is created when it is not there' }),
        once: Type.Boolean({
          default: false,
          description:
            'Whether a version of this model with the same source and run is answered instead of a second one: for who may have to ask again',
        }),
        runId: Type.Optional(Type.String({ maxLength: 256 })),
        description: Type.Optional(Type.String({ maxLength: 65_536 })),
        tags: Type.Unsafe<Readonly<Record<string, string>>>({ ...Texts, default: {} }),
        signature: Type.Optional(Signature),
        by,
      }),
      output: Version,
    }),
    deleteVersion: operation('DELETE /models/:name/versions/:version', {
      summary: 'Delete a version, with its aliases',
      scope: 'registry:write',
      input: Type.Object({ name, version, by }),
      output: Type.Object({}),
    }),
    setAlias: operation('PUT /models/:name/aliases/:alias', {
      summary: 'Let an alias name a version',
      description: '403 says what the version lacks, where a policy guards the alias; 409, when the alias does not name what was expected.',
      scope: 'registry:aliases',
      safe: true,
      input: Type.Object({
        name,
        alias,
        version,
        expected: Type.Optional(Type.Integer({ minimum: 0, description: 'The version that it must name before; 0: it must not be there' })),
        by,
      }),
      output: Type.Object({ version: Type.Integer(), from: Type.Optional(Type.Integer({ description: 'What it named before' })) }),
    }),
    deleteAlias: operation('DELETE /models/:name/aliases/:alias', {
      summary: 'Take an alias away',
      scope: 'registry:aliases',
      input: Type.Object({ name, alias, by }),
      output: Type.Object({}),
    }),
    reportResults: operation('POST /models/:name/versions/:version/reports', {
      summary: 'Report checks and metrics of a version',
      description: 'What was reported last counts.',
      scope: 'registry:report',
      safe: true,
      input: Type.Object({
        name,
        version,
        ...Reported,
        by,
      }),
      output: Type.Object({}),
    }),
    approveVersion: operation('POST /models/:name/versions/:version/approve', {
      summary: 'Approve of a version',
      description: 'The version is approved once as many have approved of it as the policy asks for.',
      scope: 'registry:approve',
      safe: true,
      input: Type.Object({ name, version, comment, by }),
      output: Judged,
    }),
    rejectVersion: operation('POST /models/:name/versions/:version/reject', {
      summary: 'Reject a version, also one that was approved',
      scope: 'registry:approve',
      input: Type.Object({ name, version, comment, by, release }),
      output: Judged,
    }),
    archiveVersion: operation('POST /models/:name/versions/:version/archive', {
      summary: 'Archive a version for good',
      scope: 'registry:approve',
      input: Type.Object({ name, version, comment, by, release }),
      output: Judged,
    }),
    getReadiness: operation('GET /models/:name/versions/:version/readiness', {
      summary: 'Whether a version may bear an alias, and if not, why',
      scope: 'registry:read',
      input: Type.Object({ name, version, alias }),
      output: Type.Object({ ready: Type.Boolean(), guarded: Type.Boolean(), missing: Type.Array(Type.String()) }, { title: 'Readiness' }),
    }),
    getPolicy: operation('GET /models/:name/policy', {
      summary: 'What the versions of a model need',
      scope: 'registry:read',
      input: Type.Object({ name }),
      output: Type.Object({ policy: Policy, own: Type.Boolean({ description: 'false: it is the default' }) }, { title: 'ModelPolicy' }),
    }),
    setPolicy: operation('PUT /models/:name/policy', {
      summary: 'Say what the versions of a model need',
      description: 'Aliases stay where they are; whoever moves one is held to it.',
      scope: 'registry:policies',
      safe: true,
      input: Type.Object({ name, policy: Policy, by }),
      output: Policy,
    }),
    deletePolicy: operation('DELETE /models/:name/policy', {
      summary: 'Let the default say what the versions of a model need',
      scope: 'registry:policies',
      input: Type.Object({ name, by }),
      output: Type.Object({}),
    }),
    getDefaultPolicy: operation('GET /policy', {
      summary: 'What versions need of models without a policy of their own',
      scope: 'registry:read',
      input: Type.Object({}),
      output: Policy,
    }),
    setDefaultPolicy: operation('PUT /policy', {
      summary: 'Say what versions need of models without a policy of their own',
      scope: 'registry:policies',
      safe: true,
      input: Type.Object({ policy: Policy, by }),
      output: Policy,
    }),
    listAudit: operation('GET /audit', {
      summary: 'Who has changed what, the latest first',
      scope: 'registry:audit',
      input: Type.Object({
        model: Type.Optional(Type.String({ maxLength: 256, description: 'What it is called now, or was called then' })),
        version: Type.Optional(version),
        action: Type.Optional(Type.String({ maxLength: 100 })),
        caller: Type.Optional(Type.String({ maxLength: 256, description: 'Who called, or who it was by name' })),
        from: Type.Optional(Type.String({ format: 'date-time', description: 'At this time or later' })),
        to: Type.Optional(Type.String({ format: 'date-time', description: 'Before this time' })),
        ...paging,
      }),
      output: Type.Object({ items: Type.Array(AuditEntry), next }, { title: 'Audit' }),
    }),
    ...deliveryOperations,
  },
  events: registryEvents,
});
