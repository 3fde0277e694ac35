import { schema } from '@mlab/kernel';
import { Type } from 'typebox';

/** Set as `MLAB_TRACKING_…`. */
export const config = schema(
  Type.Object({
    gatherMs: Type.Integer({
      default: 2,
      minimum: 0,
      maximum: 1000,
      description: 'How long metrics wait for others to be committed together with, in milliseconds, while many come',
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
