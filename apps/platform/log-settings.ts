import { schema } from '@mlab/kernel';
import { Type } from '@mlab/schema';
import { LEVELS } from '@mlab/telemetry';

/** Read from `MLAB_LOG_…`: one log for all services of a process. */
export const logSettings = schema(
  Type.Object({
    level: Type.Union(
      LEVELS.map((level) => Type.Literal(level)),
      { default: 'info', description: 'Least important lines that are written' },
    ),
    file: Type.String({ default: '', description: 'File for the lines; empty: standard output' }),
    maxBytes: Type.Integer({
      default: 67_108_864,
      minimum: 1,
      description: 'Size in bytes at which that file becomes <file>.1 and a new one begins',
    }),
  }),
);
