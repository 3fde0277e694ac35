const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** One Ctrl-C may arrive several times: from the terminal, from npm and from the bootstrap, each passing it on. */
const SAME_WITHIN_MS = 500;

/** Calls `handle` with 1 for the first interrupt, 2 for the second, …; the process ends no more by itself until this is disposed. */
export function onInterrupt(handle: (count: number) => void): Disposable {
  let count = 0;
  let last = -Infinity;
  const listener = (): void => {
    const now = performance.now();
    const isNew = now - last > SAME_WITHIN_MS;
    last = now;
    if (isNew) handle(++count);
  };
  for (const signal of SIGNALS) process.on(signal, listener);
  return {
    [Symbol.dispose]() {
      for (const signal of SIGNALS) process.off(signal, listener);
    },
  };
}
