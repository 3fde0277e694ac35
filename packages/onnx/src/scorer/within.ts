/** What a promise comes to, or the word that it has not come to anything in time. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T | 'timeout'> {
  const { promise: late, resolve } = Promise.withResolvers<'timeout'>();
  const signal = AbortSignal.timeout(ms);
  const onTimeout = (): void => resolve('timeout');
  signal.addEventListener('abort', onTimeout);
  try {
    return await Promise.race([promise, late]);
  } finally {
    signal.removeEventListener('abort', onTimeout);
  }
}
