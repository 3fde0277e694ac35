import type { Call, CallMeta } from '#/call.ts';
import type { Download } from '#/contract.ts';
import { abandoned, brokenOff, timedOut } from '#/early-ends.ts';
import { AppError } from '#/errors.ts';
import { Outflow } from '#/outflow.ts';

export interface HandOverOptions {
  readonly call: Call;
  readonly label: string;
  /** The caller's. */
  readonly meta: CallMeta;
  /** An error before the first chunk, to be answered as any other. */
  readonly refuse: (error: AppError) => void;
  readonly ended: (bytes: number, error: AppError | undefined) => void;
}

/** Hands a download to a caller of the same process as it would have it over HTTP; resolves with the first chunk. */
export async function handOverDownload(download: Download, options: HandOverOptions): Promise<Download | undefined> {
  const { call, label, meta, refuse, ended } = options;
  let begun = false;
  let told = false;
  const tell = (error: AppError | undefined): void => {
    if (told) return;
    told = true;
    outflow.close();
    meta.signal.removeEventListener('abort', leave);
    if (error !== undefined && !begun) refuse(error);
    else ended(outflow.bytes, error);
  };
  let stopped: AppError | undefined;
  const stop = (reason: AppError): void => {
    stopped = reason;
    outflow.stop(reason);
    tell(reason);
  };
  const outflow = new Outflow(download.body, call, label, () => {
    if (begun) tell(stopped ?? new AppError('deadline', `${label} did not finish in time.`));
  });
  const leave = (): void => stop(abandoned(meta.signal, false));
  if (meta.signal.aborted) leave();
  else meta.signal.addEventListener('abort', leave);

  let first: Uint8Array | undefined;
  try {
    first = await outflow.next();
  } catch (error) {
    tell(AppError.from(error));
    return undefined;
  }
  begun = true;
  return { ...download, body: read() };

  async function* read(): AsyncGenerator<Uint8Array, void, void> {
    try {
      for (let chunk = first; chunk !== undefined; chunk = await outflow.next()) yield chunk;
      tell(undefined);
    } catch (error) {
      tell(AppError.from(error));
      if (meta.signal.aborted) throw abandoned(meta.signal, false);
      // Not asked of the clock: a timer may run a moment before its time.
      throw AppError.is(error, 'deadline') && meta.deadline <= call.deadline ? timedOut() : brokenOff(error);
    } finally {
      if (!told) stop(new AppError('cancelled', 'The caller no longer reads the download.'));
    }
  }
}
