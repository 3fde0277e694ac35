import type { Check, Clock } from '@mlab/kernel';
import type { Logger } from '@mlab/telemetry';

export interface Reachability extends Disposable {
  /** The last use could not reach the database. */
  readonly failed: () => void;
  readonly checks: () => readonly Check[];
}

const PROBE_EVERY_MS = 1000;

/**
 * Whether the database can be used. One failed use is looked into in the background, and as long as that fails too the service is not
 * ready; asking costs nothing.
 */
export function openReachability(probe: () => Promise<void>, clock: Clock, log: Logger): Reachability {
  let ok = true;
  let probing = false;
  let closed = false;
  let cancel = (): void => undefined;

  async function look(): Promise<void> {
    let reached = true;
    try {
      await probe();
    } catch (error) {
      reached = false;
      if (ok && !closed) log.error({ err: error }, 'The database cannot be used.');
    }
    if (closed) return;
    if (reached && !ok) log.info('The database can be used again.');
    ok = reached;
    probing = !reached;
    if (!reached) cancel = clock.schedule(PROBE_EVERY_MS, () => void look());
  }

  return {
    failed: () => {
      if (probing || closed) return;
      probing = true;
      void look();
    },
    checks: () => [
      { name: 'database', ok, required: true, detail: ok ? 'It can be used.' : 'It cannot be reached; asked again every second.' },
    ],
    [Symbol.dispose]: () => {
      closed = true;
      cancel();
    },
  };
}
