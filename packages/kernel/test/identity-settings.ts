import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificateFiles, identityVariables, type CertificateFiles } from '../../../apps/cli/src/certs/certificate-files.ts';
import { makeCertificates } from '../../../apps/cli/src/certs/make-certificates.ts';

export interface TestCertificates extends Disposable {
  readonly folder: string;
  readonly files: (process: string) => CertificateFiles;
  readonly env: (process: string) => Readonly<Record<string, string>>;
}

/** An authority of its own with certificates for processes, made as `mlab certs` makes them. */
export async function testCertificates(
  processes: Readonly<Record<string, readonly string[]>>,
  now = new Date(),
): Promise<TestCertificates> {
  const folder = mkdtempSync(join(tmpdir(), 'mlab-certs-'));
  await makeCertificates({
    folder,
    processes: Object.entries(processes).map(([name, services]) => ({ name, services })),
    hosts: [],
    force: false,
    now,
  });
  return {
    folder,
    files: (process) => certificateFiles(folder, process),
    env: (process) => identityVariables(certificateFiles(folder, process)),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}
