import { types } from 'pg';

type Parse = (text: string) => unknown;

const asIs: Parse = (text) => text;
/** An array of texts, which the driver knows how to take apart; each element is then parsed. */
const arrayOf = (parse: Parse): Parse => {
  const split = types.getTypeParser(1009 as number) as (text: string) => readonly (string | null)[];
  return (text) => split(text).map((item) => (item === null ? null : parse(item)));
};

/** By the type's number in pg_type. The rest is the driver's own: see row.ts for what comes of each. */
const parsers: Readonly<Record<number, Parse>> = {
  20: BigInt,
  1016: arrayOf(BigInt),
  // Without a time zone they would be read in that of this machine.
  1082: asIs,
  1182: arrayOf(asIs),
  1114: asIs,
  1115: arrayOf(asIs),
  1186: asIs,
  1187: arrayOf(asIs),
  1231: arrayOf(asIs),
  // Parsed where it is needed: some only hand it on.
  114: asIs,
  199: arrayOf(asIs),
  3802: asIs,
  3807: arrayOf(asIs),
};

export const columnTypes = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    (format === 'binary' ? undefined : parsers[oid]) ?? types.getTypeParser(oid, format)) as typeof types.getTypeParser,
};
