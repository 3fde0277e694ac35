import { defineContract, operation } from '@mlab/kernel';
import { Type } from '@mlab/schema';

export const STEPS = ['minute', 'hour', 'day'] as const;

export const TrafficBucket = Type.Object(
  {
    from: Type.String({ description: 'Beginning of the step, RFC 3339 in UTC' }),
    inputs: Type.Integer({ description: 'Inputs that were logged and settled: answered, or failed' }),
    predictions: Type.Array(Type.Object({ class: Type.String(), count: Type.Integer() }), {
      description: 'Predictions per class, the most frequent one first',
    }),
  },
  { title: 'TrafficBucket' },
);

export const monitoring = defineContract({
  name: 'monitoring',
  title: 'Monitoring',
  label: 'Monitoring',
  description: 'Counts what passes through the platform: inputs, and predictions per class.',
  port: 8014,
  wire: 'problem',
  operations: {
    traffic: operation('GET /traffic', {
      summary: 'How many inputs came and what was predicted, step by step',
      description: 'Steps in which nothing came are left out. What was logged shows after the moment that its event takes.',
      scope: 'monitoring:read',
      input: Type.Object({
        from: Type.Optional(Type.String({ format: 'date-time', description: 'Default: one hour before `to`' })),
        to: Type.Optional(Type.String({ format: 'date-time', description: 'Default: now' })),
        step: Type.Unsafe<(typeof STEPS)[number]>({
          type: 'string',
          enum: STEPS,
          default: 'minute',
          description: 'Length of a step, in UTC',
        }),
      }),
      output: Type.Object({ items: Type.Array(TrafficBucket) }, { title: 'Traffic' }),
    }),
  },
});
