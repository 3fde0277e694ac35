/** All servers in turn, many times; each time in another order. They are compared within a round, seconds apart. */
import { isDeepStrictEqual } from 'node:util';
import { contests, prepareGround, type Contest, type Ground } from './contests.ts';
import { download, MEGABYTES, upload } from './files.ts';
import { cpuMicroseconds } from '../load/cpu.ts';
import { openDoor, run, type Sample } from './http.ts';
import type { Form, TrackingOptions } from './options.ts';
import type { Target } from './targets.ts';

export interface DoorResult {
  readonly door: string;
  /** undefined: ours. */
  readonly form?: Form;
  /** One for each round. */
  readonly samples: readonly Sample[];
}

export interface Result {
  readonly contest: Pick<Contest, 'name' | 'connections' | 'rows' | 'budget' | 'own'>;
  readonly doors: readonly DoorResult[];
}

interface Place {
  readonly target: Target;
  readonly ground: Ground;
}

export const SMALL_RUNS = 10_000;
const WARM_UP_SECONDS = 1;

export type Options = Pick<TrackingOptions, 'rounds' | 'seconds' | 'runs' | 'only'>;

export async function measure(
  targets: readonly Target[],
  options: Options,
  hooks: { readonly progress: (line: string) => void; readonly round: () => void },
): Promise<Result[]> {
  const chosen = [...contests, ...fileContests].filter(
    ({ name }) => options.only.length === 0 || options.only.some((part) => name.includes(part)),
  );
  const places: Place[] = [];
  for (const target of targets) {
    hooks.progress(`filling: ${target.name}`);
    places.push({ target, ground: await alone(target, () => prepare(target, options.runs)) });
  }
  for (const contest of chosen) await warmUp(contest, places, hooks.progress);
  const results = chosen.map((contest) => ({
    contest,
    doors: places.flatMap(({ target }) => target.doors.map(({ name }) => ({ door: name, ...formOf(target), samples: [] as Sample[] }))),
  }));
  for (let round = 0; round < options.rounds; round++) {
    hooks.round();
    for (const { contest, doors } of results) {
      hooks.progress(`round ${round + 1} of ${options.rounds}: ${contest.name}`);
      for (const { target, ground } of round % 2 === 0 ? places : places.toReversed())
        await alone(target, async () => {
          for (const door of target.doors) {
            const before = cpuOf(target);
            const sample = await measureOnce(contest, door.uri, ground, options.seconds);
            const cpuMs = cpuMsSince(before, target) / sample.requests;
            doors.find((each) => each.door === door.name)?.samples.push({ ...sample, cpuMs });
          }
        });
    }
  }
  return results;
}

const cpuOf = (target: Target): ReadonlyMap<number, number> => new Map(target.pids().map((pid) => [pid, cpuMicroseconds(pid) ?? 0]));

/** Of the processes that are still there: what one that has ended took is known no more. */
function cpuMsSince(before: ReadonlyMap<number, number>, target: Target): number {
  let spent = 0;
  for (const [pid, cpu] of cpuOf(target)) spent += Math.max(0, cpu - (before.get(pid) ?? 0));
  return spent / 1000;
}

const formOf = ({ form }: Target): { form?: Form } => (form === undefined ? {} : { form });

/** A file goes up and comes down; what is counted are its megabytes. */
const fileContests: readonly FileContest[] = [
  { name: `upload of ${MEGABYTES} MB`, connections: 1, rows: MEGABYTES, transfer: upload },
  { name: `download of ${MEGABYTES} MB`, connections: 1, rows: MEGABYTES, transfer: download },
];

interface FileContest extends Pick<Contest, 'name' | 'connections' | 'rows' | 'budget' | 'own'> {
  readonly transfer: typeof upload;
}

function measureOnce(contest: Contest | FileContest, uri: string, ground: Ground, seconds: number): Promise<Omit<Sample, 'cpuMs'>> {
  const { connections } = contest;
  if ('transfer' in contest) return run(uri, { connections, seconds: 0, work: () => contest.transfer(uri, ground) });
  return run(uri, { connections, seconds, work: (door, number) => contest.work(door, ground, number) });
}

/** A server that is measured has the machine to itself, as far as we can see to it. */
async function alone<T>(target: Target, work: () => Promise<T>): Promise<T> {
  target.resume();
  try {
    return await work();
  } finally {
    target.pause();
  }
}

async function prepare(target: Target, runs: number): Promise<Ground> {
  await using door = openDoor(target.doors[0]?.uri ?? '', 1);
  const ground = await prepareGround(door);
  await target.addRuns({ experiment: ground.small, runs: Math.min(SMALL_RUNS, runs) });
  await target.addRuns({ experiment: ground.large, runs });
  return ground;
}

/** Once before it counts; and where all must say the same, they must. */
async function warmUp(contest: Contest | FileContest, places: readonly Place[], progress: (line: string) => void): Promise<void> {
  progress(`warming up: ${contest.name}`);
  const answers: unknown[] = [];
  for (const { target, ground } of places)
    await alone(target, async () => {
      for (const { uri } of target.doors) {
        await measureOnce(contest, uri, ground, WARM_UP_SECONDS);
        if (!('answer' in contest) || contest.answer === undefined) continue;
        await using door = openDoor(uri, 1);
        answers.push(await contest.answer(door, ground));
      }
    });
  const stranger = answers.find((answer) => !isDeepStrictEqual(answer, answers[0]));
  if (stranger !== undefined)
    throw new Error(
      `${contest.name}: the answers differ, ${JSON.stringify(answers[0])?.slice(0, 300)} and ${JSON.stringify(stranger)?.slice(0, 300)}.`,
    );
}
