import { readConfig } from '#/config.ts';
import { isLoopback } from '#/identity/loopback.ts';
import { identitySettings } from '#/identity/settings.ts';

/**
 * Throws a sentence when listening on `listen` would let in whoever reaches this machine: beyond loopback everybody must show a
 * certificate, or it must be wanted in so many words.
 */
export function refuseUnprotected(listen: string, env: Readonly<Record<string, string | undefined>>): void {
  if (isLoopback(listen) || env['MLAB_ALLOW_UNPROTECTED'] === 'yes') return;
  const { mode, require } = readConfig('identity', identitySettings, env);
  if (mode === 'mtls' && require) return;
  throw new Error(
    `Listening on ${listen} would let anybody who reaches this machine use the services. Listen on 127.0.0.1; or let in only who has a certificate, by MLAB_IDENTITY=mtls and MLAB_IDENTITY_REQUIRE=true (mlab certs makes certificates); or set MLAB_ALLOW_UNPROTECTED=yes where something else protects them (a container network, a firewall).`,
  );
}
