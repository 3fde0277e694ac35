import { AppError } from '@mlab/kernel';

/** Who asks for a change. */
export interface Who {
  /** A service that has proven to be it; else `anonymous`, `claimed:` or `forwarded:` and a name. */
  readonly caller: string;
  /** Who it is, as it says itself. */
  readonly name: string | undefined;
  /** How it asks: `mlflow`, or the operation. */
  readonly via: string;
}

const CLAIMED = 'claimed:';

/** What it is called where nobody has to prove anything. */
export const shownName = ({ caller, name }: Pick<Who, 'caller' | 'name'>): string => name ?? bareName(caller);

export const bareName = (caller: string): string => (caller.startsWith(CLAIMED) ? caller.slice(CLAIMED.length) : caller);

const isProven = (caller: string): boolean => caller !== 'anonymous' && !caller.includes(':');

/** The name that a judgement is given under. Where callers are not trusted, it is what they have proven to be. */
export function judge(who: Who, trustNames: boolean): string {
  if (trustNames) return shownName(who);
  if (!isProven(who.caller)) throw new AppError('unauthenticated', `Nothing proves who judges; this call is by ${who.caller}.`);
  if (who.name === undefined || who.name === who.caller) return who.caller;
  throw new AppError('forbidden', `${who.caller} cannot judge as ${who.name}: callers are not taken at their word here.`);
}
