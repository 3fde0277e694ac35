import { AppError } from '@mlab/kernel/errors';
import type { ModelRef } from '#/domain/served-model.ts';

export interface Asked {
  readonly name: string;
  readonly version?: number | undefined;
  readonly alias?: string | undefined;
}

/** Which version is meant by who says so in a body. */
export function refOf({ name, version, alias }: Asked): ModelRef {
  if (version === undefined || alias === undefined) return { model: name, version, alias };
  const msg = 'Either a version or an alias is asked for, not both';
  throw new AppError('invalid', msg, { issues: [{ type: 'version_and_alias', loc: ['body', 'alias'], msg, input: alias }] });
}
