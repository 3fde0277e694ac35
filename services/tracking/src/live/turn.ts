/** Runs tasks one after the other. */
export type Turn = <T>(task: () => Promise<T>) => Promise<T>;

export function openTurn(): Turn {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const mine = last.then(task);
    last = mine.catch(() => {});
    return mine;
  };
}
