/**
 * Tells for how many milliseconds this thread has worked at most before others had their turn, and in all. Of work and not of time: on a
 * machine that has others to see to, time passes in which nothing is done. What it cannot see is time in which this thread waits for
 * another one, as for helpers of the collector of garbage.
 */
export function longestWork(): () => readonly [longest: number, all: number] {
  const used = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  const first = used();
  let [longest, last, isOver] = [0, first, false];
  const turn = (): void => {
    const now = used();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  return () => {
    turn();
    isOver = true;
    return [longest, used() - first];
  };
}
