import { printable } from '@mlab/telemetry';
import type { Caller } from '#/identity/caller.ts';

export const NOBODY: Caller = { name: 'anonymous', proof: 'missing' };

/** Who hands a request on does not ask himself: what he may do is not lent to whom it comes from. */
export function onBehalf(by: string | string[] | undefined, caller: Caller): Caller {
  return by === undefined ? caller : { name: `forwarded:${printable(String(by), 64)}`, proof: 'missing' };
}
