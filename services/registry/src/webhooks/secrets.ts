import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { AppError } from '@mlab/kernel';

/** How secrets are kept: encrypted where there is a key, and as they are where there is none. Both can be read at any time, given the key. */
export interface Secrets {
  readonly encrypts: boolean;
  /** `webhook`: whose it is. Another's it cannot become. */
  keep(secret: string, webhook: string): string;
  read(kept: string, webhook: string): string;
}

const ENCRYPTED = 'aes.';
const PLAIN = 'plain.';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM under the SHA-256 of the key that is set, which should be as long as that. */
export function openSecrets(secretKey: string): Secrets {
  const key = secretKey === '' ? undefined : createHash('sha256').update(secretKey).digest();
  return {
    encrypts: key !== undefined,
    keep: (secret, webhook) => {
      if (key === undefined) return PLAIN + secret;
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(webhook));
      const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return ENCRYPTED + Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64');
    },
    read: (kept, webhook) => {
      if (kept.startsWith(PLAIN)) return kept.slice(PLAIN.length);
      if (key === undefined)
        throw new AppError('unavailable', 'Its secret is encrypted, and MLAB_REGISTRY_WEBHOOKS_SECRET_KEY is not set.');
      const bytes = Buffer.from(kept.slice(ENCRYPTED.length), 'base64');
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES)).setAAD(Buffer.from(webhook));
        decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
        return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
      } catch (error) {
        const sentence = 'Its secret cannot be read: it was encrypted with another MLAB_REGISTRY_WEBHOOKS_SECRET_KEY.';
        throw new AppError('unavailable', sentence, { cause: error });
      }
    },
  };
}
