/**
 * Two servers measured in turn, many times. Machines drift (heat, neighbours, caches), so the two are compared within
 * a round, seconds apart, and the order is turned round in every other one.
 */
import { cpuMicroseconds } from './cpu.ts';
import type { Generator, Measure } from './generator.ts';

export interface Contender {
  readonly name: string;
  readonly url: string;
  /** The processes that do the work, by the role they play. */
  readonly pids: Readonly<Record<string, number>>;
}

export interface Contest {
  readonly name: string;
  readonly body: string;
  readonly bare: Contender;
  readonly ours: Contender;
}

export interface Sample extends Measure {
  /** CPU microseconds per request, by role; empty where the system does not tell. */
  readonly cpu: Readonly<Record<string, number>>;
}

export interface Round {
  readonly bare: Sample;
  readonly ours: Sample;
}

export interface Pace {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly connections: number;
}

/** Every contest's rounds, interleaved: each round visits all contests, so that a bad minute hurts them alike. */
export async function runRounds(
  contests: readonly Contest[],
  generator: Generator,
  pace: Pace,
  progress: (line: string) => void,
): Promise<Round[][]> {
  const load = (contest: Contest, contender: Contender, seconds: number): Promise<Sample> =>
    measure(contender, () => generator.run({ url: contender.url, body: contest.body, connections: pace.connections, seconds }));

  for (const contest of contests) {
    progress(`warming up: ${contest.name}`);
    await load(contest, contest.bare, pace.warmUpSeconds);
    await load(contest, contest.ours, pace.warmUpSeconds);
  }
  const results: Round[][] = contests.map(() => []);
  for (let round = 0; round < pace.rounds; round += 1) {
    for (const [index, contest] of contests.entries()) {
      progress(`round ${round + 1} of ${pace.rounds}: ${contest.name}`);
      const bareFirst = round % 2 === 0;
      const first = await load(contest, bareFirst ? contest.bare : contest.ours, pace.seconds);
      const second = await load(contest, bareFirst ? contest.ours : contest.bare, pace.seconds);
      results[index]?.push(bareFirst ? { bare: first, ours: second } : { bare: second, ours: first });
    }
  }
  return results;
}

/** A load on one of them, with the CPU that its processes spent on a request. */
export async function measure(contender: Contender, run: () => Promise<Measure>): Promise<Sample> {
  const before = cpuByRole(contender);
  const result = await run();
  const after = cpuByRole(contender);
  if (result.failures > 0)
    throw new Error(`${contender.name} failed ${result.failures} of ${result.requests} requests: nothing to compare.`);
  const cpu = Object.entries(after).map(([role, spent]) => [role, (spent - (before[role] ?? 0)) / result.requests] as const);
  return { ...result, cpu: Object.fromEntries(cpu) };
}

function cpuByRole({ pids }: Contender): Record<string, number> {
  const read = Object.entries(pids).map(([role, pid]) => [role, cpuMicroseconds(pid)] as const);
  return Object.fromEntries(read.filter((entry): entry is readonly [string, number] => entry[1] !== undefined));
}
