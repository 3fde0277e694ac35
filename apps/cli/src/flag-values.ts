import { usageError } from './cli-error.ts';
import type { CommandInput } from './command.ts';

type Flags = CommandInput['flags'];

/** A flag that is given once, or not. */
export const textFlag = (flags: Flags, name: string): string | undefined => (flags[name] === undefined ? undefined : String(flags[name]));

/** A flag that may be given several times. */
export const textFlags = (flags: Flags, name: string): readonly string[] => ([flags[name] ?? []] as unknown[]).flat().map(String);

export function numberFlag(flags: Flags, name: string, least: number): number | undefined {
  const value = textFlag(flags, name);
  if (value === undefined) return undefined;
  const read = Number(value);
  if (value.trim() !== '' && Number.isInteger(read) && read >= least) return read;
  throw usageError(`--${name} takes a whole number of at least ${least}, and not "${value}".`);
}

/** `NAME=VALUE`, several times; `example` is what the name of a flag is explained with. */
export function pairFlags(flags: Flags, name: string, example: string): readonly (readonly [string, string])[] {
  return textFlags(flags, name).map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) throw usageError(`--${name} takes a name and a value, such as --${name} ${example}, and not "${pair}".`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
}
