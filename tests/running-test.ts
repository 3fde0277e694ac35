import asyncHooks, { AsyncLocalStorage } from 'node:async_hooks';
import type { AsyncResource, HookCallbacks } from 'node:async_hooks';
import { isMainThread } from 'node:worker_threads';

/**
 * Loaded before the tests (`node --import`). node:test finds the test to which a nested test, a hook or an error belongs by following every
 * promise with async hooks, and hears of the end of each from the garbage collector: where calls are simulated by the hundred thousand that
 * took four fifths of all time, and up to a tenth among others. An AsyncLocalStorage follows the same for nothing. Without this file, or
 * with a Node that does it otherwise, the same tests run, only longer.
 */
if (isMainThread && process.argv[1]?.endsWith('.test.ts') === true) {
  const { createHook, executionAsyncId } = asyncHooks;
  const running = new AsyncLocalStorage<number>();
  asyncHooks.createHook = (callbacks: HookCallbacks) =>
    createHook({
      init(id, type, triggerId, resource): void {
        if (type !== 'Test') return;
        callbacks.init?.(id, type, triggerId, resource);
        const test = resource as AsyncResource;
        const inScope = test.runInAsyncScope.bind(test);
        // Inside, because the scope brings back what was stored when the test was made.
        test.runInAsyncScope = (run, self, ...args) => inScope(() => running.run(id, () => run.apply(self as never, args)));
      },
      trackPromises: false,
    });
  asyncHooks.executionAsyncId = () => running.getStore() ?? executionAsyncId();
  // It keeps what it finds while it is loaded; everybody else gets Node's own.
  await import('node:test');
  Object.assign(asyncHooks, { createHook, executionAsyncId });
}
