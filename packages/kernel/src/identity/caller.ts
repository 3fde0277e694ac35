import type { IncomingHttpHeaders } from 'node:http';
import { printable } from '@mlab/telemetry';
import { CALLER_HEADER } from '#/http/headers.ts';

/** `impossible` where no service can prove anything, because identity is off. */
export type Proof = 'given' | 'missing' | 'impossible';

/** Who asks. */
export interface Caller {
  /** The name of a service; or `anonymous`, or `claimed:` and what it says of itself. Neither of these two is ever a service's name. */
  readonly name: string;
  readonly proof: Proof;
}

const ANONYMOUS = 'anonymous';
const SERVICE_NAME = /^[a-z][a-z0-9-]{0,62}$/;

export const isServiceName = (name: string): boolean => SERVICE_NAME.test(name) && name !== ANONYMOUS;

/** The header as it came. Shown in logs, so it must be harmless: a header may hold the control characters from U+0080 on. */
export function claimOf({ [CALLER_HEADER]: header }: IncomingHttpHeaders): string {
  return typeof header === 'string' && header !== '' ? printable(header, 128) : ANONYMOUS;
}

/** A caller who has proven nothing, told apart from a service of that name. */
export function unproven(headers: IncomingHttpHeaders, proof: Proof): Caller {
  const claim = claimOf(headers);
  return { name: claim === ANONYMOUS ? claim : `claimed:${claim}`, proof };
}
