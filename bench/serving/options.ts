import { parseArgs } from 'node:util';
import { chooseGenerator, type Generator } from '../load/generator.ts';
import type { Pace } from '../load/rounds.ts';
import { MODELS, type ModelName } from './models.ts';
import type { Target } from './targets.ts';

export interface ServingOptions {
  readonly models: readonly ModelName[];
  readonly targets: readonly Target[];
  readonly generator: Generator;
  readonly pace: Pace;
  readonly json: boolean;
  readonly check: boolean;
  /** Record CPU profiles of our processes and name their hottest functions. */
  readonly profile: boolean;
}

/** A mistake in them ends the program with a sentence, not with a stack trace. */
export function readOptions(known: readonly Target[]): ServingOptions {
  try {
    return parse(known);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}

function parse(known: readonly Target[]): ServingOptions {
  const { values } = parseArgs({
    options: {
      models: { type: 'string', default: 'trees' },
      only: { type: 'string', default: '' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '4' },
      connections: { type: 'string', default: '32' },
      'warm-up': { type: 'string', default: '3' },
      generator: { type: 'string' },
      json: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
    },
  });
  const count = (name: 'rounds' | 'seconds' | 'connections' | 'warm-up'): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a whole number from 1 up, not ${values[name]}.`);
    return value;
  };
  const models = values.models.split(',');
  const stranger = models.find((name) => !(MODELS as readonly string[]).includes(name));
  if (stranger !== undefined) throw new Error(`--models takes some of ${MODELS.join(', ')}; not ${stranger}.`);
  const parts = values.only.toLowerCase().split(',');
  const targets = known.filter(({ name }) => parts.some((part) => name.toLowerCase().includes(part)));
  if (targets.length === 0) throw new Error(`--only takes parts of these names: ${known.map(({ name }) => name).join('; ')}.`);
  return {
    models: MODELS.filter((name) => models.includes(name)),
    targets,
    generator: chooseGenerator(values.generator),
    pace: { rounds: count('rounds'), seconds: count('seconds'), connections: count('connections'), warmUpSeconds: count('warm-up') },
    json: values.json,
    check: values.check,
    profile: values.profile,
  };
}
