import { join } from 'node:path';
import { gateway } from '@mlab/contracts/gateway';
import { rootCall, type Clock, type Database, type Events } from '@mlab/kernel';
import type { Static } from '@mlab/schema';
import type { Logger, Metrics } from '@mlab/telemetry';
import { inputsLogged } from '#/domain/input-log/batch-event.ts';
import type { Entry } from '#/domain/input-log/entry.ts';
import type { inputLogConfig } from '#/input-log/config.ts';
import { openInputLog, type InputLog } from '#/input-log/input-log.ts';
import { repeat } from '#/input-log/repeat.ts';
import { deleteOld } from '#/input-log/retention.ts';
import { openSpool } from '#/input-log/spool.ts';
import { observeInputLog } from '#/input-log/telemetry.ts';
import { openWriter } from '#/input-log/writer.ts';
import { insertInputs } from '#/store/insert-inputs.ts';
import { probeInputs } from '#/store/read-inputs.ts';

type Settings = Static<typeof inputLogConfig>;

export interface KeepInputsOptions {
  readonly config: Settings;
  readonly redacted: boolean;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly random: () => number;
}

/** How often the files of gateways that have ended are looked for. */
const ADOPT_EVERY_MS = 30_000;

/** The durable log of inputs over a database, put together. */
export function keepInputs(database: Database, events: Events | undefined, options: KeepInputsOptions): InputLog {
  const { config, redacted, log, metrics, clock, random } = options;
  const telemetry = observeInputLog(metrics, () => ({
    waiting: () => inputs.waiting,
    spool: () => spool ?? { records: 0, bytes: 0 },
    away: () => writer.away,
  }));
  const schedule = (ms: number, task: () => void): (() => void) => clock.schedule(ms, task);
  const spool = config.policy === 'spool' ? openSpool({ folder: spoolFolder(config), maxBytes: config.spoolBytes, log }) : undefined;
  const call = (): ReturnType<typeof rootCall> => rootCall('gateway', config.commitTimeoutMs);
  const writer = openWriter({
    commit: (entries) => commit(database, events, entries, call()),
    probe: () => probeInputs(database.for(call())),
    spool,
    schedule,
    log,
    wrote: telemetry.wrote,
    monotonic: () => clock.monotonic(),
  });
  const inputs = openInputLog({ ...config, redacted, writer, spool, clock, random, onRefused: telemetry.refused });
  const { keepDays, keepBytes, retentionEveryMs: everyMs } = config;
  // While the database is away there is nothing to delete and nowhere to put what others left; that it is away is told elsewhere.
  const failed = (error: unknown): void => log.debug({ err: error }, 'keeping the input log in order');
  const retention = repeat({ clock, firstMs: everyMs, everyMs, failed }, (isEnded) =>
    deleteOld({ database, keepDays, keepBytes, clock, deleted: telemetry.deleted }, isEnded),
  );
  const adoption = repeat({ clock, firstMs: 1, everyMs: ADOPT_EVERY_MS, failed }, async () => {
    if (!writer.away) await spool?.adopt(writer.replay);
  });
  return {
    ...inputs,
    [Symbol.asyncDispose]: async () => {
      await inputs[Symbol.asyncDispose]();
      await Promise.all([adoption, retention, writer].map((part) => part[Symbol.asyncDispose]()));
      await spool?.close();
    },
  };
}

/** Without anybody to tell, one statement is a transaction by itself. */
async function commit(
  database: Database,
  events: Events | undefined,
  entries: readonly Entry[],
  call: ReturnType<typeof rootCall>,
): Promise<void> {
  if (events === undefined) return insertInputs(database.for(call), entries);
  await database.transaction(call, async (tx) => {
    await insertInputs(tx, entries);
    await events.publish(tx, gateway.events.inputsLogged, inputsLogged(entries));
  });
}

function spoolFolder({ spoolFolder: folder, home }: Settings): string {
  if (folder !== '') return folder;
  if (home !== '') return join(home, 'gateway-spool');
  throw new Error('MLAB_GATEWAY_INPUT_LOG_POLICY is spool: say with MLAB_GATEWAY_INPUT_LOG_SPOOL_FOLDER (or MLAB_HOME) in which folder.');
}
