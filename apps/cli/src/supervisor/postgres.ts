import { describeEmbedded, endLeftover, launchCluster, prepareCluster, type RunningCluster } from '@mlab/sql/embedded';
import { CliError } from '../cli-error.ts';
import { type Home, logFile } from '../home.ts';
import type { ChildLife } from './child-life.ts';
import type { ProcessSpec } from './managed-process.ts';
import { appendPostgresLine } from '../logs/postgres-line.ts';
import { openPostgresPort } from '../ports/postgres-port.ts';

export const POSTGRES = 'postgres';

/** After a crash it first repeats what its own log says, and that must not be cut short. */
const READY_WITHIN_SECONDS = 120;
const DRAIN_MS = 30_000;

export interface Postgres {
  readonly spec: ProcessSpec;
  /** With user and password; undefined while there is no server to connect to, not even one that is away for a moment. */
  url(): string | undefined;
}

/** The PostgreSQL that mlab brings, as a process to be managed. */
export function openPostgres(wish: { readonly port?: number }, home: Home): Postgres {
  const service = { name: POSTGRES, port: wish.port };
  const port = openPostgresPort(home, wish.port);
  let url: string | undefined;
  return {
    url: () => url,
    spec: {
      name: POSTGRES,
      services: [service.port === undefined ? { name: POSTGRES } : { name: POSTGRES, port: service.port }],
      readyWithinSeconds: READY_WITHIN_SECONDS,
      drainWithinMs: DRAIN_MS,
      async launch() {
        const description = describeEmbedded();
        if (!description.available) throw new CliError(description.reason);
        const folder = home.postgres;
        await endLeftover(folder);
        const log = (line: string): void => appendPostgresLine(logFile(home, POSTGRES), line);
        const cluster = await prepareCluster({ folder, log });
        const chosen = await port.take();
        const running = launchCluster(cluster, { port: chosen, log, readyWithinSeconds: READY_WITHIN_SECONDS });
        return followCluster(running, () => {
          port.keep();
          url = running.url;
        });
      },
    },
  };
}

function followCluster(running: RunningCluster, onReady: () => void): ChildLife {
  let verdict: string | undefined;
  let killing: Promise<void> | undefined;
  const address = new Map([[POSTGRES, `postgres://127.0.0.1:${running.port}/mlab`]]);
  const ready = new Promise<ReadonlyMap<string, string>>((resolve) => {
    const serve = (): void => {
      onReady();
      resolve(address);
    };
    // Why it did not get there is what `exited` tells.
    running.ready.then(serve, () => undefined);
  });
  return {
    pid: running.pid,
    startedAt: Date.now(),
    ready,
    exited: running.exited.then(async (why) => {
      await killing;
      return verdict ?? why;
    }),
    terminate: () => running.terminate(),
    kill(why) {
      verdict ??= why;
      killing ??= running.kill().catch(() => undefined);
    },
  };
}
