import type { CallMeta } from '@mlab/kernel';

/** What others wait for too, for one caller: he leaves when nobody waits for him any more, and it goes on. */
export async function forCaller<T>(shared: Promise<T>, { signal }: Pick<CallMeta, 'signal'>): Promise<T> {
  signal.throwIfAborted();
  const { promise: left, reject } = Promise.withResolvers<never>();
  const leave = (): void => reject(signal.reason);
  signal.addEventListener('abort', leave);
  try {
    return await Promise.race([shared, left]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
