import { schema } from '@mlab/kernel';
import { Type, type Static } from '@mlab/schema';

const settings = Type.Object({
  trustNames: Type.Boolean({
    default: true,
    description:
      'Whether who approves or rejects may say who it is; false: it is who calls, and somebody that the platform knows (MLAB_IDENTITY)',
  }),
  sourceSchemes: Type.String({
    default: 's3,gs,http,https,abfss,abfs,wasbs,wasb,dbfs,hdfs,r2,b2',
    description: 'Schemes of sources outside of this platform. Such a source is kept as it is said, and never fetched',
  }),
  webhooks: Type.Object(
    {
      allowPrivate: Type.Boolean({
        default: false,
        description: 'Whether webhooks may lead to this machine and its network, and without TLS: for trying things out',
      }),
      secretKey: Type.String({
        default: '',
        description: 'What the secrets of webhooks are encrypted with in the database; empty: they are kept as they are',
      }),
      timeoutMs: Type.Integer({
        default: 10_000,
        minimum: 1,
        maximum: 20_000,
        description: 'How long one attempt may take, in milliseconds',
      }),
      attempts: Type.Integer({ default: 8, minimum: 1, maximum: 100, description: 'Attempts before a delivery counts as failed' }),
      backoffMs: Type.Integer({
        default: 1000,
        minimum: 1,
        description: 'Wait before the second attempt, doubled for each further one, in milliseconds',
      }),
      maxBackoffMs: Type.Integer({ default: 3_600_000, minimum: 1, description: 'Longest wait between attempts, in milliseconds' }),
      keepDays: Type.Integer({ default: 14, minimum: 1, description: 'How long deliveries that have ended are kept, in days' }),
    },
    { default: {} },
  ),
});

export type Config = Static<typeof settings>;

/** Set as `MLAB_REGISTRY_…`. */
export const config = schema(settings);
