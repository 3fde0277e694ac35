import { messageOf } from '../cli-error.ts';
import { type ManagedProcess, manageProcess, type ProcessSpec, stoppedTooEarly, type Surroundings } from './managed-process.ts';

/** All instances of one process: `predictor`, `predictor.2`, … Everything that may fail answers with sentences about what has failed. */
export interface ProcessGroup {
  readonly name: string;
  readonly services: readonly string[];
  /** The processes that call it. */
  readonly neededBy: readonly string[];
  readonly instances: readonly string[];
  /** The instances, and behind them those that are being replaced and still drain. */
  readonly members: readonly ManagedProcess[];
  readonly current: readonly ManagedProcess[];
  start(instance?: string): Promise<readonly string[]>;
  /** Stops at once whatever else goes on in this group. */
  stop(instance?: string): Promise<void>;
  /** One instance after the other, each when the one before it serves again; those on free ports are replaced before they end. */
  restart(instance?: string): Promise<readonly string[]>;
  /** Starts what is missing, or drains what is too much, the highest first. */
  scale(count: number): Promise<readonly string[]>;
}

export interface GroupDefinition {
  readonly name: string;
  readonly services: readonly string[];
  readonly neededBy: readonly string[];
  readonly instances: number;
  /** The first instance is number 1; it alone has ports that are known beforehand. */
  readonly specOf: (number: number) => ProcessSpec;
}

export interface GroupSurroundings extends Surroundings {
  /** Runs `work` when not too many others start at this moment. */
  inSlot(work: () => Promise<void>): Promise<void>;
}

export function openGroup({ name, services, neededBy, instances, specOf }: GroupDefinition, around: GroupSurroundings): ProcessGroup {
  const manage = (number: number, restarts = 0): ManagedProcess => manageProcess(specOf(number), around, restarts);
  const current = Array.from({ length: instances }, (_, index) => manage(index + 1));
  const leaving = new Set<ManagedProcess>();
  // What was begun before the last stop of everything must not start anything any more.
  let stops = 0;
  let turn: Promise<unknown> = Promise.resolve();

  function inTurn<T>(work: (isOver: () => boolean) => Promise<T>): Promise<T> {
    const before = stops;
    const mine = turn.then(() => work(() => stops !== before));
    turn = mine.catch(() => undefined);
    return mine;
  }

  async function startAll(members: readonly ManagedProcess[], isOver: () => boolean): Promise<string[]> {
    const outcomes = await Promise.all(
      members.map(async (member) => {
        try {
          await around.inSlot(async () => {
            if (isOver()) throw stoppedTooEarly(member.name);
            await member.start();
          });
          return [];
        } catch (error) {
          return [messageOf(error)];
        }
      }),
    );
    return outcomes.flat();
  }

  const chosen = (instance: string | undefined): ManagedProcess[] =>
    current.filter((member) => instance === undefined || member.name === instance);

  async function leave(member: ManagedProcess): Promise<void> {
    leaving.add(member);
    await member.stop();
    leaving.delete(member);
  }

  async function renew(member: ManagedProcess, isOver: () => boolean): Promise<string[]> {
    const index = current.indexOf(member);
    const { state, restarts } = member.status();
    if (index === 0 || state !== 'ready') {
      await member.stop();
      return startAll([member], isOver);
    }
    const successor = manage(index + 1, restarts);
    leaving.add(successor);
    const failures = await startAll([successor], isOver);
    if (failures.length > 0) {
      await leave(successor);
      return failures.map((failure) => `${member.name} is not replaced and goes on: ${failure}`);
    }
    leaving.delete(successor);
    current[index] = successor;
    await leave(member);
    return [];
  }

  return {
    name,
    services,
    neededBy,
    current,
    get instances() {
      return current.map((member) => member.name);
    },
    get members() {
      return [...current, ...leaving];
    },
    start: (instance) => inTurn((isOver) => startAll(chosen(instance), isOver)),
    async stop(instance) {
      if (instance === undefined) stops += 1;
      await Promise.all([...chosen(instance), ...(instance === undefined ? leaving : [])].map((member) => member.stop()));
    },
    restart: (instance) =>
      inTurn(async (isOver) => {
        // Those with a successor beside them come first, so that all others serve while the first one is away.
        for (const member of chosen(instance).toReversed()) {
          const failures = isOver() ? [stoppedTooEarly(member.name).message] : await renew(member, isOver);
          if (failures.length > 0) return failures;
        }
        return [];
      }),
    scale: (count) =>
      inTurn(async (isOver) => {
        for (const member of current.slice(Math.max(1, count)).toReversed()) {
          await member.stop();
          current.splice(current.indexOf(member), 1);
        }
        if (count === 0) await current[0]?.stop();
        while (current.length < count) current.push(manage(current.length + 1));
        return count === 0 ? [] : startAll(current, isOver);
      }),
  };
}
