import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { serviceNamesOf } from '#/identity/spiffe.ts';
import type { IdentitySettings } from '#/identity/settings.ts';

/** A certificate with its key, and the authorities that others are held to; all as PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/**
 * Reads the certificate of a process. Throws a sentence when a file cannot be read, when they do not belong together, when it has
 * ended, or when it does not name one of the services of this process.
 */
export function readCertificate(settings: IdentitySettings, services: readonly string[], now: Date): Certificate {
  const cert = read('MLAB_IDENTITY_CERT', settings.cert);
  const key = read('MLAB_IDENTITY_KEY', settings.key);
  const ca = read('MLAB_IDENTITY_CA', settings.ca);
  try {
    createSecureContext({ cert, key, ca });
    // An empty list of authorities would stand for all that Node knows.
    parse(ca);
  } catch (error) {
    throw new Error(
      `${settings.cert}, ${settings.key} and ${settings.ca} are no certificate with its key and its authority: ${(error as Error).message}.`,
      {
        cause: error,
      },
    );
  }
  const { subjectAltName, validToDate } = parse(cert);
  if (validToDate < now)
    throw new Error(`The certificate in ${settings.cert} ended at ${validToDate.toISOString()}; renew it (mlab certs).`);
  const names = serviceNamesOf(subjectAltName);
  const missing = services.find((service) => !names.includes(service));
  if (missing !== undefined) {
    throw new Error(
      `The certificate in ${settings.cert} is for ${names.join(', ') || 'no service'}, and ${missing} runs here too; it needs the URI spiffe://mlab/service/${missing}.`,
    );
  }
  return { cert, key, ca };
}

const parse = (pem: string): X509Certificate => new X509Certificate(pem);

function read(variable: string, file: string): string {
  if (file === '') throw new Error(`MLAB_IDENTITY=mtls needs ${variable}, a PEM file; mlab certs makes one and says what to set.`);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${variable} is ${file}, which cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}).`, {
      cause: error,
    });
  }
}
