import { JOB_STATES, operation, type JobState } from '@mlab/kernel';
import { Type, type Static } from '@mlab/schema';

const Count = Type.Integer({ minimum: 0 });

export const CleanOrder = Type.Object(
  {
    olderThanDays: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 36_500,
        description: 'What was deleted longer ago goes for good; default: what MLAB_TRACKING_KEEP_DELETED_DAYS says',
      }),
    ),
    dryRun: Type.Optional(Type.Boolean({ description: 'Only says what would go' })),
    experimentIds: Type.Optional(
      Type.Array(Type.String({ pattern: '^\\d{1,18}$' }), {
        minItems: 1,
        maxItems: 1000,
        description: 'Only what was deleted in these experiments, and nothing else; default: in all, and what is left of broken uploads',
      }),
    ),
  },
  { title: 'CleanOrder' },
);
export type CleanOrder = Static<typeof CleanOrder>;

export const CleanReport = Type.Object(
  {
    dryRun: Type.Boolean(),
    experiments: Count,
    runs: Count,
    loggedModels: Count,
    traces: Count,
    metrics: Type.Integer({ minimum: 0, description: 'Values' }),
    files: Count,
    uploads: Type.Integer({ minimum: 0, description: 'Uploads in parts that nobody has completed' }),
    orphans: Type.Integer({ minimum: 0, description: 'Objects that nothing refers to' }),
    bytes: Type.Integer({ minimum: 0, description: 'Of files, uploads and orphans' }),
  },
  { title: 'CleanReport' },
);
export type CleanReport = Static<typeof CleanReport>;

/** How much lies here, and how it is cleaned up. */
export const storageOperations = {
  storage: operation('GET /storage', {
    summary: 'How much the artifacts take',
    scope: 'tracking:read',
    input: Type.Object({
      top: Type.Integer({ default: 10, minimum: 1, maximum: 1000, description: 'So many folders, those with most in them' }),
    }),
    output: Type.Object(
      {
        bytes: Type.Integer({ description: 'Of all artifacts, parts of uploads included' }),
        files: Count,
        quotaBytes: Type.Optional(Type.Integer({ description: 'Most bytes that may be used; absent: no limit' })),
        maxFileBytes: Type.Optional(Type.Integer({ description: 'Most bytes of one file; absent: no limit' })),
        pending: Type.Object(
          { objects: Count, bytes: Count },
          { description: 'What was deleted or replaced, and is being taken off the disk' },
        ),
        folders: Type.Array(
          Type.Object({
            folder: Type.String({ description: 'The first part of the paths' }),
            experimentId: Type.Optional(Type.String({ description: 'The experiment whose artifacts lie there' })),
            experimentName: Type.Optional(Type.String()),
            bytes: Count,
            files: Count,
          }),
        ),
      },
      { title: 'Storage' },
    ),
  }),
  clean: operation('POST /clean', {
    summary: 'Remove for good what was deleted',
    description:
      'Runs, experiments and logged models that were deleted long enough ago, with all that belongs to them, and what is left of broken uploads. A job does it; this answers its id at once.',
    scope: 'tracking:clean',
    input: CleanOrder,
    output: Type.Object({ id: Type.String() }, { title: 'CleaningStarted' }),
  }),
  cleaning: operation('GET /clean/:id', {
    summary: 'What has become of a cleaning',
    scope: 'tracking:read',
    input: Type.Object({ id: Type.String({ maxLength: 100 }) }),
    output: Type.Object(
      {
        id: Type.String(),
        state: Type.Unsafe<JobState>({ type: 'string', enum: JOB_STATES }),
        progress: Type.Optional(Type.Object({ share: Type.Number(), note: Type.String() })),
        report: Type.Optional(CleanReport),
        error: Type.Optional(Type.String({ description: 'Why the last attempt failed' })),
      },
      { title: 'Cleaning' },
    ),
  }),
};
