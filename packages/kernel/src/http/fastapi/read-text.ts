import { find, type Finding } from './findings.ts';

/** The string when pydantic can look inside it: with a lone surrogate it has no UTF-8 form, and everything but `str` itself refuses. */
export function readAsText(value: string, findings: Finding[]): string | undefined {
  if (value.isWellFormed()) return value;
  return find(findings, 'string_unicode', 'Input should be a valid string, unable to parse raw data as a unicode string', value);
}
