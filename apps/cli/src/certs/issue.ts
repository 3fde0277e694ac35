// oxlint-disable-next-line import/no-unassigned-import -- it must have run before the library is loaded
import 'reflect-metadata';
import { KeyObject, randomBytes, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { isIP } from 'node:net';

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3652;
const LEAF_DAYS = 90;
/** The clock of whoever checks it may be behind. */
const BEFORE_MS = 5 * 60_000;

const KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const;

/** A certificate and its private key as PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  readonly cert: string;
  readonly key: KeyObject;
}

export interface LeafRequest {
  /** Of the process. */
  readonly name: string;
  readonly services: readonly string[];
  /** Names and addresses under which it is reached. */
  readonly hosts: readonly string[];
}

/** An authority for development: whoever has its key can be any service. */
export async function issueAuthority(now: Date): Promise<Issued> {
  const keys = await newKeys();
  const cert = await X509CertificateGenerator.createSelfSigned({
    ...validity(now, AUTHORITY_DAYS),
    name: [{ CN: ['mlab development CA'] }],
    keys,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return asPem(cert, keys);
}

/** A certificate for both ends of a connection: the process as a server, and each of its services as a client. */
export async function issueLeaf({ name, services, hosts }: LeafRequest, authority: Authority, now: Date): Promise<Issued> {
  const issuer = new X509Certificate(authority.cert);
  const keys = await newKeys();
  const { notBefore, notAfter, serialNumber } = validity(now, LEAF_DAYS);
  const cert = await X509CertificateGenerator.create({
    serialNumber,
    notBefore,
    notAfter: notAfter < issuer.notAfter ? notAfter : issuer.notAfter,
    subject: [{ CN: [`mlab ${name}`] }],
    issuer: issuer.subjectName,
    publicKey: keys.publicKey,
    signingKey: authority.key.toCryptoKey(KEY, false, ['sign']),
    signingAlgorithm: SIGNATURE,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      new SubjectAlternativeNameExtension([
        ...hosts.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }) as const),
        ...services.map((service) => ({ type: 'url', value: `spiffe://mlab/service/${service}` }) as const),
      ]),
      await AuthorityKeyIdentifierExtension.create(issuer),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return asPem(cert, keys);
}

const newKeys = (): Promise<webcrypto.CryptoKeyPair> => webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);

function validity(now: Date, days: number): { notBefore: Date; notAfter: Date; serialNumber: string } {
  const serial = randomBytes(16);
  // Positive, and without a leading zero that the encoding would drop.
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40;
  return {
    notBefore: new Date(now.getTime() - BEFORE_MS),
    notAfter: new Date(now.getTime() + days * DAY_MS),
    serialNumber: serial.toString('hex'),
  };
}

function asPem(cert: X509Certificate, { privateKey }: webcrypto.CryptoKeyPair): Issued {
  return { cert: `${cert.toString('pem')}\n`, key: KeyObject.from(privateKey).export({ type: 'pkcs8', format: 'pem' }) as string };
}
