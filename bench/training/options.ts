import { parseArgs } from 'node:util';

export const PARTS = ['speed', 'quality', 'coefficients'] as const;

export interface TrainingOptions {
  readonly only: readonly (typeof PARTS)[number][];
  /** Each is one training of every contestant. */
  readonly rounds: number;
  /** How often real data are split anew. */
  readonly splits: number;
  /** Rows of the made data. */
  readonly rows: number;
  readonly json: boolean;
  readonly check: boolean;
}

/** A mistake in them ends the program with a sentence, not with a stack trace. */
export function readOptions(): TrainingOptions {
  try {
    return parse();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}

function parse(): TrainingOptions {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string' },
      splits: { type: 'string' },
      rows: { type: 'string' },
      only: { type: 'string', default: PARTS.join(',') },
      short: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
    },
  });
  const count = (name: 'rounds' | 'splits' | 'rows', usual: number, most: number): number => {
    const value = Number(values[name] ?? usual);
    if (!Number.isInteger(value) || value < 1 || value > most)
      throw new Error(`--${name} takes a whole number from 1 to ${most}, not ${values[name]}.`);
    return value;
  };
  const stranger = values.only.split(',').find((part) => !(PARTS as readonly string[]).includes(part));
  if (stranger !== undefined) throw new Error(`--only takes some of ${PARTS.join(', ')}; not ${stranger}.`);
  return {
    only: PARTS.filter((part) => values.only.split(',').includes(part)),
    rounds: count('rounds', values.short ? 1 : 5, 100),
    splits: count('splits', values.short ? 4 : 20, 1_000),
    rows: count('rows', values.short ? 20_000 : 100_000, 10_000_000),
    json: values.json,
    check: values.check,
  };
}
