import { webcrypto } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { isServiceName, type Caller } from '#/identity/caller.ts';
import { unauthenticated } from '#/identity/unauthenticated.ts';
import type { Clock } from '#/service.ts';

/** How long a token counts, how long before that a new one is made, and how far two clocks may be apart; in seconds. */
const LIFETIME_S = 60;
const RENEW_S = 15;
const TOLERANCE_S = 30;
const TYPE = 'mlab-identity+jwt';
const ALGORITHM = 'HS256';
/** A token of ours has about 200 characters. */
const MAX_LENGTH = 1024;
/** One live token per caller and callee is remembered; more than this many are not in use at once. */
const MAX_REMEMBERED = 1024;
const MIN_SECRET_BYTES = 32;

export interface Tokens {
  /** A token that says to `callee` that `caller` calls. */
  sign(caller: string, callee: string): string | Promise<string>;
  /** Who has signed a token for `callee`. */
  verify(token: string, callee: string): Caller | Promise<Caller>;
}

interface Signed {
  readonly token: string;
  readonly renewAt: number;
}

interface Remembered {
  readonly caller: Caller;
  readonly callee: string;
  readonly until: number;
}

/**
 * Short-lived tokens (JWT, HS256) signed with a secret that all processes share. One is made per caller and callee and used until it
 * is nearly over, and who was verified is remembered as long, so that a call costs a header and a look into a table.
 */
export async function openTokens(secret: string, clock: Clock): Promise<Tokens> {
  const bytes = Buffer.from(secret);
  if (bytes.length < MIN_SECRET_BYTES) {
    throw new Error(
      `MLAB_IDENTITY_SECRET has ${bytes.length} bytes; MLAB_IDENTITY=secret takes at least ${MIN_SECRET_BYTES}, such as openssl rand -hex 32 gives.`,
    );
  }
  const key = await webcrypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
  const seconds = (): number => clock.now().getTime() / 1000;
  const signed = new Map<string, Signed | Promise<string>>();
  const remembered = new Map<string, Remembered>();

  const sign = async (caller: string, callee: string, pair: string): Promise<string> => {
    const now = Math.floor(seconds());
    const token = await new SignJWT()
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
      .setIssuer(caller)
      .setAudience(callee)
      .setIssuedAt(now)
      .setExpirationTime(now + LIFETIME_S)
      .sign(key);
    signed.set(pair, { token, renewAt: now + LIFETIME_S - RENEW_S });
    return token;
  };

  const verify = async (token: string, callee: string): Promise<Caller> => {
    const options = { algorithms: [ALGORITHM], typ: TYPE, audience: callee, requiredClaims: ['iss', 'exp', 'iat'] };
    const { payload } = await jwtVerify(token, key, {
      ...options,
      clockTolerance: TOLERANCE_S,
      maxTokenAge: LIFETIME_S,
      currentDate: clock.now(),
    }).catch((error: unknown) => {
      throw unauthenticated(reasonOf(error, callee), error);
    });
    const { iss = '', exp = 0, iat = 0 } = payload;
    if (!isServiceName(iss)) throw unauthenticated('The identity token is of no service.');
    const caller: Caller = { name: iss, proof: 'given' };
    if (remembered.size >= MAX_REMEMBERED) forgetSome(remembered);
    remembered.set(token, { caller, callee, until: Math.min(exp, iat + LIFETIME_S) + TOLERANCE_S });
    return caller;
  };

  return {
    sign: (caller, callee) => {
      const pair = `${caller} ${callee}`;
      const known = signed.get(pair);
      if (known instanceof Promise) return known;
      if (known !== undefined && seconds() < known.renewAt) return known.token;
      const signing = sign(caller, callee, pair);
      signed.set(pair, signing);
      return signing;
    },
    verify: (token, callee) => {
      const known = remembered.get(token);
      if (known !== undefined && known.callee === callee && seconds() < known.until) return known.caller;
      if (token.length > MAX_LENGTH) throw unauthenticated(`The identity token has ${token.length} characters, more than any of ours.`);
      return verify(token, callee);
    },
  };
}

/** The older half: the order of a Map is that of its insertions. */
function forgetSome(remembered: Map<string, unknown>): void {
  let left = MAX_REMEMBERED / 2;
  for (const token of remembered.keys()) {
    if (left-- === 0) return;
    remembered.delete(token);
  }
}

function reasonOf(error: unknown, callee: string): string {
  if (error instanceof errors.JWTExpired) return 'The identity token has expired.';
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud') return `The identity token is not for ${callee}.`;
  return 'The identity token is not one of ours.';
}
