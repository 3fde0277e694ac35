import type { Issue } from '../../errors.ts';

/** An issue on its way up: `loc` is relative to the value that the reader was given. */
export interface Finding extends Issue {
  readonly loc: (string | number)[];
}

/**
 * Reads one value as pydantic does in lax mode. What is wrong is added to `findings`; the result is then without meaning. The place of
 * a finding is completed by the readers around, so that reading a good value builds no paths.
 */
export type Read = (value: unknown, findings: Finding[]) => unknown;

export function find(findings: Finding[], type: string, msg: string, input: unknown, ctx?: Issue['ctx']): undefined {
  findings.push(ctx === undefined ? { type, loc: [], msg, input } : { type, loc: [], msg, input, ctx });
}

/** Says that the findings from `first` on were made inside `key`. */
export function placeInside(findings: readonly Finding[], first: number, key: string | number): void {
  for (const finding of findings.slice(first)) finding.loc.unshift(key);
}
