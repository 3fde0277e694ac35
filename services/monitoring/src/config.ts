import { schema } from '@mlab/kernel';
import { Type } from '@mlab/schema';

/** Set as `MLAB_MONITORING_…`. */
export const config = schema(
  Type.Object({
    keepDays: Type.Integer({ default: 90, minimum: 1, description: 'How long the counts of a minute are kept, in days' }),
  }),
);
