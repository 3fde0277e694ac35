import type { IncomingMessage } from 'node:http';
import { TLSSocket, type TlsOptions } from 'node:tls';
import type { Logger } from '@mlab/telemetry';
import { buildConnector } from 'undici';
import { claimOf, unproven, type Caller } from '#/identity/caller.ts';
import { readCertificate, type Certificate } from '#/identity/certificate.ts';
import type { ClientTls, Identity } from '#/identity/identity.ts';
import type { IdentitySettings } from '#/identity/settings.ts';
import { serviceNamesOf } from '#/identity/spiffe.ts';
import { unauthenticated } from '#/identity/unauthenticated.ts';
import type { Clock } from '#/service.ts';

/** How often the files are read again. */
const REREAD_MS = 10_000;

export interface MtlsOptions {
  readonly settings: IdentitySettings;
  /** The services of this process. */
  readonly services: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
}

/** Services prove who they are by the certificates of their connections, on both sides. */
export function openMtlsIdentity({ settings, services, clock, log }: MtlsOptions): Identity {
  let certificate = readCertificate(settings, services, clock.now());
  const listeners: ((options: TlsOptions) => void)[] = [];
  const known = new WeakMap<TLSSocket, readonly string[] | undefined>();

  const reread = (): void => {
    cancel = clock.schedule(REREAD_MS, reread);
    let found: Certificate;
    try {
      found = readCertificate(settings, services, clock.now());
    } catch (error) {
      // Half of the files may be written: what was good stays in use, and is looked at again soon.
      log.warn({ error: (error as Error).message }, 'certificates not replaced');
      return;
    }
    if (found.cert === certificate.cert && found.key === certificate.key && found.ca === certificate.ca) return;
    certificate = found;
    for (const listener of listeners) listener(found);
    log.info({ file: settings.cert }, 'certificates replaced');
  };
  let cancel = clock.schedule(REREAD_MS, reread);

  /** What the certificate of a connection says; undefined when there is none. */
  const namesOf = (socket: TLSSocket): readonly string[] | undefined => {
    if (known.has(socket)) return known.get(socket);
    // Not `authorized` alone: a TLS 1.3 session that was resumed counts as authorized also when it never had a certificate.
    const peer = socket.getPeerX509Certificate();
    if (peer !== undefined && !socket.authorized) {
      throw unauthenticated(`The certificate of this connection is not accepted: ${String(socket.authorizationError)}.`);
    }
    const names = peer === undefined ? undefined : serviceNamesOf(peer.subjectAltName);
    known.set(socket, names);
    return names;
  };

  const identify = ({ headers, socket }: IncomingMessage): Caller => {
    const names = socket instanceof TLSSocket ? namesOf(socket) : undefined;
    if (names === undefined || names.length === 0) return unproven(headers, 'missing');
    const claim = claimOf(headers);
    if (names.includes(claim)) return { name: claim, proof: 'given' };
    const [only] = names;
    if (only !== undefined && names.length === 1 && claim === 'anonymous') return { name: only, proof: 'given' };
    throw unauthenticated(`The certificate of this connection is for ${names.join(', ')}, and the call says that it is by ${claim}.`);
  };

  return {
    mode: 'mtls',
    identify,
    prove: () => undefined,
    tls: {
      serverOptions: () => ({ ...certificate, requestCert: true, rejectUnauthorized: settings.require }),
      onChange: (listener) => void listeners.push(listener),
      clientOptions: (callee) => clientOptions(callee, certificate),
      connector: (callee, timeoutMs) => connectorTo(callee, timeoutMs, () => certificate),
    },
    [Symbol.asyncDispose]: async () => cancel(),
  };
}

function connectorTo(callee: string, timeout: number, certificate: () => Certificate): buildConnector.connector {
  let used: Certificate | undefined;
  let connect: buildConnector.connector | undefined;
  return (options, callback) => {
    if (options.protocol !== 'https:') {
      callback(
        new Error(`${callee} is called at ${options.protocol}//${options.host ?? options.hostname}, where it cannot prove who it is.`),
        null,
      );
      return;
    }
    const now = certificate();
    if (connect === undefined || used !== now) {
      used = now;
      // A resumed session would not be looked at again; connections are kept open, so there is little to save.
      connect = buildConnector({
        ...clientOptions(callee, now),
        timeout,
        maxCachedSessions: 0,
        allowH2: false,
      });
    }
    connect(options, callback);
  };
}

const clientOptions = (callee: string, { cert, key, ca }: Certificate): ClientTls => ({
  cert,
  key,
  ca,
  checkServerIdentity: (_host, { subjectaltname }) => strangerTo(callee, subjectaltname),
});

/** Instances come and go under addresses that no certificate can know: the name of the service is what counts, as in SPIFFE. */
function strangerTo(callee: string, subjectAltName: string | undefined): Error | undefined {
  const names = serviceNamesOf(subjectAltName);
  return names.includes(callee) ? undefined : new Error(`The certificate is for ${names.join(', ') || 'no service'}, not for ${callee}.`);
}
