/** All servers in turn, many times, each round in another order: a bad minute of the machine hurts them alike. */
import type { Generator } from '../load/generator.ts';
import { measure, type Pace } from '../load/rounds.ts';
import type { Running, Target } from './targets.ts';

export interface Entrant {
  readonly target: Target;
  readonly running: Running;
}

export interface Sample {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Microseconds a request, of all processes of the server; NaN where the system does not tell. */
  readonly cpu: number;
}

export interface Measured {
  readonly target: Target;
  readonly processes: number;
  /** One for each round. */
  readonly samples: readonly Sample[];
}

interface Course {
  readonly generator: Generator;
  readonly pace: Pace;
  readonly row: readonly number[];
  readonly onRound: (round: number) => void;
}

export async function runRounds(entrants: readonly Entrant[], { generator, pace, row, onRound }: Course): Promise<Measured[]> {
  const load = async ({ target, running }: Entrant, seconds: number): Promise<Sample> => {
    const question = { url: running.url, body: running.body(row), connections: pace.connections, seconds };
    const contender = { name: target.name, url: running.url, pids: running.pids };
    const run = (): ReturnType<Generator['run']> => (running.load ?? generator.run.bind(generator))(question);
    await running.resume?.();
    const { perSecond, p50, p99, cpu } = await measure(contender, run);
    running.pause?.();
    const spent = Object.values(cpu);
    return { perSecond, p50, p99, cpu: spent.length === 0 ? Number.NaN : spent.reduce((sum, each) => sum + each, 0) };
  };
  for (const entrant of entrants) await load(entrant, pace.warmUpSeconds);
  const samples = new Map<Entrant, Sample[]>(entrants.map((entrant) => [entrant, []]));
  for (let round = 0; round < pace.rounds; round++) {
    onRound(round);
    for (const entrant of orderOf(entrants, round)) samples.get(entrant)?.push(await load(entrant, pace.seconds));
  }
  return entrants.map((entrant) => ({
    target: entrant.target,
    processes: Object.keys(entrant.running.pids).length,
    samples: samples.get(entrant) ?? [],
  }));
}

/** Begun at another one each time, and every other time backwards. */
function orderOf<T>(all: readonly T[], round: number): readonly T[] {
  const first = (round * 3) % Math.max(1, all.length);
  const turned = [...all.slice(first), ...all.slice(0, first)];
  return round % 2 === 0 ? turned : turned.toReversed();
}
