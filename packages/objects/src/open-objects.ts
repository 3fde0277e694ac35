import { AppError, type Objects, type Owner } from '@mlab/kernel';
import { abandoned } from '#/abandoned.ts';
import { checkKey } from '#/check-key.ts';
import { checkListQuery, checkPutOptions, checkRange } from '#/check-options.ts';
import { openIncoming } from '#/incoming.ts';
import { openMeter } from '#/meter.ts';
import { openOutgoing } from '#/outgoing.ts';
import type { Store } from '#/store.ts';

/** A service's objects in a store: checks what it is asked, measures what passes, and says what went wrong. */
export function openObjects(store: Store, { telemetry }: Owner): Objects & AsyncDisposable {
  const meter = openMeter(telemetry.metrics);

  async function run<T>(operation: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    return meter.time(operation, async () => {
      try {
        if (signal?.aborted === true) throw abandoned(signal);
        return await work();
      } catch (error) {
        if (AppError.is(error)) throw error;
        throw signal?.aborted === true ? abandoned(signal) : store.explain(error);
      }
    });
  }

  return {
    put: (key, source, options = {}) =>
      meter.time('put', async () => {
        checkKey(key);
        checkPutOptions(options);
        const { contentType = 'application/octet-stream', ifAbsent = false, signal } = options;
        const content = openIncoming(source, options);
        try {
          if (signal?.aborted === true) throw abandoned(signal);
          const info = await store.put(key, content, { contentType, ifAbsent, signal });
          meter.wrote(info.size);
          return info;
        } catch (error) {
          // What the source threw is its caller's own, also where it looks like an error of a store.
          if (content.failure !== undefined) throw content.failure.error;
          if (AppError.is(error)) throw error;
          throw signal?.aborted === true ? abandoned(signal) : store.explain(error);
        }
      }),
    get: (key, { range, signal } = {}) =>
      run('get', signal, async () => {
        checkKey(key);
        if (range !== undefined) checkRange(range);
        const found = await store.get(key, range, signal);
        if (found === undefined) throw new AppError('not_found', `There is no object "${key}".`);
        return {
          info: found.info,
          body: openOutgoing(found.body, { signal, count: meter.read, explain: (error) => store.explain(error) }),
        };
      }),
    stat: (key, signal) => run('stat', signal, () => store.stat(checkKey(key), signal)),
    list: (query = {}) => run('list', query.signal, () => store.list(checkListQuery(query))),
    delete: (key, signal) => run('delete', signal, () => store.delete(checkKey(key), signal)),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
