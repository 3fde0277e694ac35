/* What the team of team.test.ts does: adds the numbers of its members, or ends in one way or another. */

export const COMMAND = { add: 0, fail: 1, exit: 2 } as const;

export interface Sums {
  /** Of each member: what it has added. */
  readonly sums: Int32Array;
  /** How many threads have ended. */
  readonly ended: Int32Array;
  readonly failsToStart?: boolean;
}

export function join({ sums, ended, failsToStart = false }: Sums, member: number): (command: number) => void {
  if (member > 0) {
    process.once('exit', () => {
      Atomics.add(ended, 0, 1);
      Atomics.notify(ended, 0);
    });
    if (failsToStart) throw new Error('It does not begin.');
  }
  return (command) => {
    if (command === COMMAND.add) sums[member]! += member + 1;
    else if (member === 1 && command === COMMAND.fail) throw new Error('It goes wrong.');
    else if (member === 1) process.exit(3);
  };
}
