import { parseArgs } from 'node:util';
import { chooseGenerator, type Generator } from './generator.ts';
import type { Pace } from './rounds.ts';

export interface BenchOptions {
  /** Print JSON on standard output instead of the table. */
  readonly json: boolean;
  /** End with exit code 1 when a budget is missed. */
  readonly check: boolean;
  /** Record CPU profiles of our processes and name their hottest functions. */
  readonly profile: boolean;
  readonly generator: Generator;
  readonly pace: Pace;
}

/** The options that every bench takes. A mistake in them ends the program with a sentence, not with a stack trace. */
export function readOptions(defaults: { readonly connections: number } = { connections: 32 }): BenchOptions {
  try {
    return parse(defaults);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}

function parse(defaults: { readonly connections: number }): BenchOptions {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '4' },
      connections: { type: 'string', default: String(defaults.connections) },
      generator: { type: 'string' },
    },
  });
  const count = (name: 'rounds' | 'seconds' | 'connections'): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a whole number from 1 up, not ${values[name]}.`);
    return value;
  };
  return {
    json: values.json,
    check: values.check,
    profile: values.profile,
    generator: chooseGenerator(values.generator),
    pace: { rounds: count('rounds'), seconds: count('seconds'), connections: count('connections'), warmUpSeconds: WARM_UP_SECONDS },
  };
}

/** After this long at full load, V8 has compiled what it will compile. */
const WARM_UP_SECONDS = 3;
