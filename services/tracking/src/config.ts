import { schema } from '@mlab/kernel';
import { Type } from '@mlab/schema';

/** Set as `MLAB_TRACKING_…`. */
export const config = schema(
  Type.Object({
    gatherMs: Type.Integer({
      default: 2,
      minimum: 0,
      maximum: 1000,
      description: 'How long metrics wait for others to be committed together with, in milliseconds, while many come',
    }),
    artifactQuotaBytes: Type.Integer({
      default: 0,
      minimum: 0,
      description: 'Most bytes that all artifacts together may take; what is more is answered 507. 0: no limit but the disk',
    }),
    artifactMaxBytes: Type.Integer({
      default: 0,
      minimum: 0,
      description: 'Most bytes of one artifact file; a larger one is answered 413. 0: no limit',
    }),
    keepDeletedDays: Type.Number({
      default: 30,
      minimum: 0,
      maximum: 36_500,
      description:
        'How long deleted experiments, runs and logged models can be restored, in days; after that they are removed with all their data, every night',
    }),
    keepTraceDays: Type.Number({
      default: 0,
      minimum: 0,
      maximum: 36_500,
      description: 'How long traces are kept, in days after they began; older ones are removed with their spans, every night. 0: for ever',
    }),
    abandonedHours: Type.Number({
      default: 24,
      minimum: 2,
      maximum: 8760,
      description: 'After how many hours without a sign of life an upload in parts, or a file that belongs to nothing, is removed',
    }),
    livePollMs: Type.Integer({
      default: 2000,
      minimum: 100,
      maximum: 60_000,
      description:
        'Longest time until those who listen to a run hear what another instance has taken, in milliseconds; longer for runs of millions of values',
    }),
    liveHeartbeatMs: Type.Integer({
      default: 15_000,
      minimum: 10,
      maximum: 600_000,
      description: 'How often those who listen to a run are shown that the connection is alive, in milliseconds',
    }),
    liveListeners: Type.Integer({
      default: 1000,
      minimum: 0,
      description: 'How many may listen to runs at once in one process; more are answered 429',
    }),
    liveBufferValues: Type.Integer({
      default: 2000,
      minimum: 1,
      description: 'How many values are held for one who reads slowly; beyond that he is given the latest ones',
    }),
    longValues: Type.Unsafe<'cut' | 'refuse'>({
      type: 'string',
      enum: ['cut', 'refuse'],
      default: 'cut',
      description:
        'What becomes of parameters of more than 6,000 and tags of more than 8,000 characters, as MLFLOW_TRUNCATE_LONG_VALUES says there',
    }),
  }),
);
