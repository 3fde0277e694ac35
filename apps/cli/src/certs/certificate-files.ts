import { join } from 'node:path';
import type { Home } from '../home.ts';

/** Where the certificate of a process stands, its key, and the authority that it is from. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

export const certificatesFolder = (home: Home): string => join(home.folder, 'certs');

export const authorityFiles = (folder: string): { cert: string; key: string } => ({
  cert: join(folder, 'ca.crt'),
  key: join(folder, 'ca.key'),
});

export function certificateFiles(folder: string, process: string): CertificateFiles {
  return { cert: join(folder, `${process}.crt`), key: join(folder, `${process}.key`), ca: authorityFiles(folder).cert };
}

/** What to set for a process that shall prove by its certificate who it is. */
export function identityVariables({ cert, key, ca }: CertificateFiles): Readonly<Record<string, string>> {
  return { MLAB_IDENTITY: 'mtls', MLAB_IDENTITY_CERT: cert, MLAB_IDENTITY_KEY: key, MLAB_IDENTITY_CA: ca };
}
