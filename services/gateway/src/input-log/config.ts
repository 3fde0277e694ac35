import { Type } from '@mlab/schema';

const whole = (value: number, description: string, minimum = 1) => Type.Integer({ default: value, minimum, description });

/** What can be set about the durable log of inputs, as `MLAB_GATEWAY_INPUT_LOG_…`. It is there where the gateway has a database. */
export const inputLogConfig = Type.Object(
  {
    policy: Type.Union([Type.Literal('refuse'), Type.Literal('spool')], {
      default: 'refuse',
      description: 'What becomes of inputs while the database is away: answered 503, or kept in a file until it is back',
    }),
    keepDays: Type.Number({ default: 30, minimum: 0, description: 'Age in days at which inputs are deleted; 0: never' }),
    keepBytes: whole(1024 ** 3, 'Size on disk beyond which the oldest inputs are deleted, in bytes; 0: no limit', 0),
    retentionEveryMs: whole(60_000, 'How often old inputs are looked for, in milliseconds'),
    gatherMs: whole(4, 'How long the first input of a batch waits for others while they come in numbers, in milliseconds', 0),
    holdMs: whole(20, 'How long an input waits for its prediction before it is committed without it, in milliseconds'),
    maxModelText: whole(
      65_536,
      'Longest question to a model, and longest answer, that is kept whole, in characters; else a summary is',
      256,
    ),
    batchSize: whole(1000, 'Most inputs of one commit'),
    commitTimeoutMs: whole(3000, 'How long a commit may take before the database counts as away, in milliseconds'),
    maxWaiting: whole(20_000, 'Inputs under way at once; the next ones are answered 503'),
    maxWaitingBytes: whole(128 * 1024 ** 2, 'Memory of the inputs under way at once, in bytes; the next ones are answered 503'),
    searchTimeoutMs: whole(10_000, 'How long one page of a search may take, in milliseconds'),
    spoolFolder: Type.String({ default: '', description: 'Folder of the spool; empty: gateway-spool below MLAB_HOME' }),
    spoolBytes: whole(1024 ** 3, 'Largest spool of one gateway, in bytes; beyond it inputs are answered 503'),
    home: Type.String({ default: '', env: 'MLAB_HOME', description: 'Folder of all that is kept on this machine' }),
  },
  { default: {} },
);
