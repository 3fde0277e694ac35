import { AppError, type CallMeta } from '@mlab/kernel';
import type { Recording, RunEnd } from '#/domain/recording.ts';

/** Ends the run of what has failed or was cancelled. One that was never made, or was deleted, needs no end. */
export async function endRun(
  recording: Recording,
  { runId, ...end }: RunEnd & { readonly runId: string },
  call: CallMeta,
): Promise<object> {
  try {
    await recording.endRun(runId, end, call);
  } catch (error) {
    if (!AppError.is(error, 'not_found') && !AppError.is(error, 'conflict')) throw error;
  }
  return {};
}
