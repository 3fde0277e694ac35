import type { Logger } from '@mlab/telemetry';
import { readConfig } from '#/config.ts';
import { openClaims } from '#/identity/claims.ts';
import type { Identity } from '#/identity/identity.ts';
import { openMtlsIdentity } from '#/identity/mtls.ts';
import { identitySettings } from '#/identity/settings.ts';
import type { AnyService, Clock } from '#/service.ts';

export interface IdentityOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly services: readonly AnyService[];
  /** The address that they listen on. */
  readonly listen: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The identity of a process, as its settings say. Throws a sentence when they cannot be. */
export async function openIdentity({ env, services, listen, clock, log }: IdentityOptions): Promise<Identity> {
  const settings = readConfig('identity', identitySettings, env);
  if (settings.mode === 'mtls') {
    return openMtlsIdentity({ settings, services: services.map(({ contract }) => contract.name as string), clock, log });
  }
  if (settings.mode === 'secret') return (await import('#/identity/secret.ts')).openSecretIdentity(settings, clock);
  warnOfCallerLists(services, log);
  return openClaims(listen);
}

function warnOfCallerLists(services: readonly AnyService[], log: Logger): void {
  const operations = services.flatMap(({ contract: { name, operations: all } }) =>
    Object.entries(all as Record<string, { readonly callers?: unknown }>)
      .filter(([, { callers }]) => callers !== undefined)
      .map(([key]) => `${name as string}.${key}`),
  );
  if (operations.length > 0) log.warn({ operations }, 'callers of these operations cannot be proven while MLAB_IDENTITY is off');
}
