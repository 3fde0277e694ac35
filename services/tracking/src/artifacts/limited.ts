import { AppError } from '@mlab/kernel';
import { fileTooLarge, quotaExceeded, type StorageLimits } from '#/domain/storage.ts';

/** What is stored, ended with a refusal as soon as it is more than a file may have, or than there is room for. */
export async function* limited(
  source: AsyncIterable<Uint8Array>,
  limits: StorageLimits,
  used: number,
): AsyncGenerator<Uint8Array, void, void> {
  const { maxFileBytes, quotaBytes } = limits;
  let size = 0;
  for await (const chunk of gone(source)) {
    size += chunk.byteLength;
    if (maxFileBytes > 0 && size > maxFileBytes) throw fileTooLarge(limits);
    if (quotaBytes > 0 && used + size > quotaBytes) throw quotaExceeded(limits, used);
    yield chunk;
  }
}

/** A body that breaks off is nobody's fault here: the client has gone, and hears nothing of it. */
async function* gone(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* source;
  } catch (error) {
    if (AppError.is(error)) throw error;
    throw new AppError('cancelled', 'The client closed the connection before the whole file had come.', { cause: error });
  }
}
