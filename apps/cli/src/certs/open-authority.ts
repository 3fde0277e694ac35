import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { CliError, messageOf } from '../cli-error.ts';
import { authorityFiles } from './certificate-files.ts';
import { day } from './day.ts';
import { type Authority, issueAuthority } from './issue.ts';

export interface OpenedAuthority extends Authority {
  readonly isNew: boolean;
}

/** The authority in a folder, made if there is none. One that is there is never written over: all certificates hang on it. */
export async function openAuthority(folder: string, now: Date): Promise<OpenedAuthority> {
  const { cert, key } = authorityFiles(folder);
  const isNew = !existsSync(cert) && !existsSync(key);
  if (isNew) {
    const issued = await issueAuthority(now);
    writeFileSync(key, issued.key, { mode: 0o600, flag: 'wx' });
    writeFileSync(cert, issued.cert, { mode: 0o644, flag: 'wx' });
  }
  const authority = { cert: read(cert, key), key: readKey(key, cert) };
  const { validToDate, ca, ...found } = describe(authority.cert, authority.key, cert);
  if (!ca || !found.matches) throw new CliError(`${cert} and ${key} are no authority with its key; move both away, and a new one is made.`);
  if (validToDate <= now) {
    throw new CliError(`The authority in ${cert} ended on ${day(validToDate)}; move it and ${key} away, and a new one is made.`);
  }
  return { ...authority, isNew };
}

function describe(cert: string, key: KeyObject, file: string): { validToDate: Date; ca: boolean; matches: boolean } {
  try {
    const parsed = new X509Certificate(cert);
    return { validToDate: parsed.validToDate, ca: parsed.ca, matches: parsed.checkPrivateKey(key) };
  } catch (error) {
    throw new CliError(`${file} is no certificate: ${messageOf(error)}.`, { cause: error });
  }
}

function readKey(file: string, cert: string): KeyObject {
  const pem = read(file, cert);
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    throw new CliError(`${file} is no private key: ${messageOf(error)}.`, { cause: error });
  }
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new CliError(`${file} is no key on the curve P-256, the only kind that is used here.`);
  return key;
}

function read(file: string, other: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(`${other} is there, and ${file} beside it cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}
