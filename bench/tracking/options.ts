import { parseArgs } from 'node:util';

export const FORMS = ['default', 'gunicorn'] as const;
export const BACKENDS = ['sqlite', 'postgres'] as const;
export type Form = (typeof FORMS)[number];
export type Backend = (typeof BACKENDS)[number];

export interface TrackingOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly runs: number;
  /** Forms of MLflow's own server beside ours; none measures ours alone. */
  readonly against: readonly Form[];
  readonly backends: readonly Backend[];
  /** Names of contests, or parts of them; empty: all. */
  readonly only: readonly string[];
  readonly release: string;
  readonly json: boolean;
  readonly check: boolean;
}

/** A mistake in them ends the program with a sentence, not with a stack trace. */
export function readOptions(): TrackingOptions {
  try {
    return parse();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}

function parse(): TrackingOptions {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '2' },
      runs: { type: 'string', default: '100000' },
      against: { type: 'string', default: FORMS.join(',') },
      backends: { type: 'string', default: BACKENDS.join(',') },
      only: { type: 'string', default: '' },
      release: { type: 'string', default: '3.17.2' },
      json: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
    },
  });
  const count = (name: 'rounds' | 'seconds' | 'runs', most: number): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 1 || value > most)
      throw new Error(`--${name} takes a whole number from 1 to ${most}, not ${values[name]}.`);
    return value;
  };
  const some = <T extends string>(name: 'against' | 'backends', known: readonly T[]): T[] => {
    const named = values[name].split(',').filter((each) => each !== '' && each !== 'none');
    const stranger = named.find((each) => !(known as readonly string[]).includes(each));
    if (stranger !== undefined) throw new Error(`--${name} takes some of ${known.join(', ')}, or none; not ${stranger}.`);
    return named as T[];
  };
  return {
    rounds: count('rounds', 100),
    seconds: count('seconds', 60),
    runs: count('runs', 1_000_000),
    against: some('against', FORMS),
    backends: some('backends', BACKENDS),
    only: values.only.split(',').filter((each) => each !== ''),
    release: values.release,
    json: values.json,
    check: values.check,
  };
}
