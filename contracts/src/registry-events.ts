import { event } from '@mlab/kernel';
import { Type } from '@mlab/schema';
import { ApprovalField, StageField, Time } from './registry-schemas.ts';

const any = {
  seq: Type.Integer({
    description: 'Of its entry in the audit log: greater for what comes later in the same model, whatever the kind of event',
  }),
  at: Time,
  by: Type.String({ description: 'Who did it' }),
};
const of = {
  ...any,
  model: Type.String({ description: 'As it is called after the change' }),
};
const ofVersion = { ...of, version: Type.Integer() };
const comment = Type.Optional(Type.String());

/** Events of one kind and one model come in their order, whatever the model is called; `seq` tells the order among kinds. */
export const registryEvents = {
  modelCreated: event('registry.model-created@1', { summary: 'A model was registered', data: Type.Object(of) }),
  modelRenamed: event('registry.model-renamed@1', {
    summary: 'A model has another name',
    data: Type.Object({ ...of, from: Type.String() }),
  }),
  modelUpdated: event('registry.model-updated@1', {
    summary: 'The description or a tag of a model has changed',
    data: Type.Object({ ...of, changed: Type.String({ description: 'description, or tag and its key: `tag team`' }) }),
  }),
  modelDeleted: event('registry.model-deleted@1', {
    summary: 'A model was deleted, with all its versions and aliases',
    data: Type.Object({ ...of, versions: Type.Integer({ description: 'How many it had' }) }),
  }),
  versionRegistered: event('registry.version-registered@1', {
    summary: 'A version of a model was registered',
    data: Type.Object({
      ...ofVersion,
      source: Type.String(),
      location: Type.String({ description: 'Where its files lie' }),
      runId: Type.Optional(Type.String()),
      loggedModelId: Type.Optional(Type.String()),
      isPrompt: Type.Boolean({ description: "Whether it is one of MLflow's prompts" }),
    }),
  }),
  versionUpdated: event('registry.version-updated@1', {
    summary: 'The description or a tag of a version has changed',
    data: Type.Object({ ...ofVersion, changed: Type.String({ description: 'description, or tag and its key: `tag team`' }) }),
  }),
  versionDeleted: event('registry.version-deleted@1', { summary: 'A version was deleted', data: Type.Object(ofVersion) }),
  versionReported: event('registry.version-reported@1', {
    summary: 'Checks or metrics of a version were reported',
    data: Type.Object({
      ...ofVersion,
      checks: Type.Array(Type.Object({ name: Type.String(), passed: Type.Boolean() })),
      metrics: Type.Array(Type.Object({ name: Type.String(), value: Type.Number() })),
    }),
  }),
  approvalGiven: event('registry.approval-given@1', {
    summary: 'Somebody has approved of a version; it may need more than one',
    data: Type.Object({ ...ofVersion, comment, approval: ApprovalField }),
  }),
  versionApproved: event('registry.version-approved@1', { summary: 'A version is approved', data: Type.Object(ofVersion) }),
  versionRejected: event('registry.version-rejected@1', {
    summary: 'A version was rejected',
    data: Type.Object({ ...ofVersion, comment, from: ApprovalField }),
  }),
  versionArchived: event('registry.version-archived@1', {
    summary: 'A version was archived',
    data: Type.Object({ ...ofVersion, comment, from: ApprovalField }),
  }),
  stageChanged: event('registry.stage-changed@1', {
    summary: "A version has another of MLflow's stages",
    data: Type.Object({ ...ofVersion, from: StageField, to: StageField }),
  }),
  aliasSet: event('registry.alias-set@1', {
    summary: 'An alias names a version',
    data: Type.Object({ ...ofVersion, alias: Type.String(), from: Type.Optional(Type.Integer({ description: 'What it named before' })) }),
  }),
  aliasDeleted: event('registry.alias-deleted@1', {
    summary: 'An alias names nothing any more',
    data: Type.Object({ ...ofVersion, alias: Type.String() }),
  }),
  policyChanged: event('registry.policy-changed@1', {
    summary: 'What a version needs was changed',
    data: Type.Object({ ...any, model: Type.Optional(Type.String({ description: 'Absent: the default for all' })) }),
  }),
  webhookChanged: event('registry.webhook-changed@1', {
    summary: 'A webhook was created, changed or deleted',
    data: Type.Object({ ...any, webhook: Type.String(), change: Type.String() }),
  }),
};
