import { IDENTITY_HEADER } from '#/http/headers.ts';
import { unproven } from '#/identity/caller.ts';
import type { Identity } from '#/identity/identity.ts';
import type { IdentitySettings } from '#/identity/settings.ts';
import { openTokens } from '#/identity/tokens.ts';
import { unauthenticated } from '#/identity/unauthenticated.ts';
import type { Clock } from '#/service.ts';

/** Services prove who they are by tokens in a header, signed with a secret that all processes share. */
export async function openSecretIdentity({ secret, require }: IdentitySettings, clock: Clock): Promise<Identity> {
  const tokens = await openTokens(secret, clock);
  return {
    mode: 'secret',
    identify: ({ headers }, callee) => {
      const token = headers[IDENTITY_HEADER];
      if (typeof token === 'string') return tokens.verify(token, callee);
      if (require) throw unauthenticated(`Only services that prove who they are may call ${callee}.`);
      return unproven(headers, 'missing');
    },
    prove: (caller, callee) => tokens.sign(caller, callee),
    [Symbol.asyncDispose]: async () => {},
  };
}
