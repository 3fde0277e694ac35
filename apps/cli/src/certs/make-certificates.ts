import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { certificateFiles } from './certificate-files.ts';
import { type Authority, issueLeaf } from './issue.ts';
import { openAuthority } from './open-authority.ts';

const RENEW_WITHIN_MS = 30 * 86_400_000;
const LOCAL = ['localhost', '127.0.0.1', '::1'];

/** A process and the services in it. */
export interface CertifiedProcess {
  readonly name: string;
  readonly services: readonly string[];
}

export interface MakeOptions {
  readonly folder: string;
  readonly processes: readonly CertifiedProcess[];
  /** Further names and addresses under which they are reached. */
  readonly hosts: readonly string[];
  /** Also those that are good for long. */
  readonly force: boolean;
  readonly now: Date;
}

export interface Made {
  readonly name: string;
  readonly what: 'new' | 'renewed' | 'kept';
  readonly until: Date;
  readonly services: readonly string[];
}

/** Makes an authority if there is none, and a certificate for each process that has none or will soon need another. */
export async function makeCertificates({ folder, processes, hosts, force, now }: MakeOptions): Promise<readonly Made[]> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const authority = await openAuthority(folder, now);
  const made: Made[] = [
    { name: 'ca', what: authority.isNew ? 'new' : 'kept', until: new X509Certificate(authority.cert).validToDate, services: [] },
  ];
  for (const { name, services } of processes) {
    const files = certificateFiles(folder, name);
    const found = readLeaf(files.cert, files.key, authority);
    // Names that were asked for once stay when it is renewed.
    const wanted = [...new Set([...LOCAL, name, ...services, ...hosts, ...(found?.hosts ?? [])])];
    const isGood =
      found !== undefined &&
      found.until.getTime() - now.getTime() > RENEW_WITHIN_MS &&
      wanted.every((host) => found.hosts.includes(host)) &&
      isSame(found.services, services);
    if (found !== undefined && isGood && !force) {
      made.push({ name, what: 'kept', until: found.until, services });
      continue;
    }
    const issued = await issueLeaf({ name, services, hosts: wanted }, authority, now);
    // A process that reads in between finds two that do not belong together, and looks again.
    replace(files.key, issued.key, 0o600);
    replace(files.cert, issued.cert, 0o644);
    made.push({ name, what: found === undefined ? 'new' : 'renewed', until: new X509Certificate(issued.cert).validToDate, services });
  }
  return made;
}

interface Leaf {
  readonly until: Date;
  readonly hosts: readonly string[];
  readonly services: readonly string[];
}

/** A certificate that is there, is from this authority and has its key; else undefined. */
function readLeaf(certFile: string, keyFile: string, authority: Authority): Leaf | undefined {
  try {
    const cert = new X509Certificate(readFileSync(certFile));
    const issuer = new X509Certificate(authority.cert);
    if (!cert.checkIssued(issuer) || !cert.verify(issuer.publicKey) || !cert.checkPrivateKey(createPrivateKey(readFileSync(keyFile))))
      return undefined;
    const names = (cert.subjectAltName ?? '').split(', ');
    const after = (prefix: string): string[] => names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
    return {
      until: cert.validToDate,
      hosts: [...after('DNS:'), ...after('IP Address:').map(shortened)],
      services: after('URI:spiffe://mlab/service/'),
    };
  } catch {
    return undefined;
  }
}

/** Node writes all eight parts of an IPv6 address; a URL has its shortest form. */
const shortened = (address: string): string => (address.includes(':') ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address);

const isSame = (a: readonly string[], b: readonly string[]): boolean => new Set(a).symmetricDifference(new Set(b)).size === 0;

function replace(file: string, text: string, mode: number): void {
  const beside = `${file}.${process.pid}.new`;
  writeFileSync(beside, text, { mode });
  renameSync(beside, file);
}
