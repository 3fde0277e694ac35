import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { AppError } from '@mlab/kernel/errors';
import { endLeftover } from './end-leftover.ts';
import { launchCluster, type RunningCluster } from './launch-cluster.ts';
import { prepareCluster, type Cluster, type PrepareOptions } from './prepare-cluster.ts';

const PORT_TRIES = 5;

export interface EmbeddedOptions extends PrepareOptions {
  /** A free one when not given. */
  readonly port?: number;
  /** Hears each line of PostgreSQL's own log. */
  readonly serverLog?: (line: string) => void;
}

export interface EmbeddedServer extends RunningCluster {
  readonly cluster: Cluster;
}

/** A whole server in one call, for tests and tools. Resolves when it takes connections. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const { port, serverLog: log = () => undefined } = options;
  await endLeftover(options.folder);
  const cluster = await prepareCluster(options);
  for (let attempt = 1; ; attempt++) {
    const running = launchCluster(cluster, { port: port ?? (await freePort()), log });
    try {
      await running.ready;
      return { ...running, cluster };
    } catch (error) {
      // Between our look and its start another program may have taken the port.
      if (port !== undefined || attempt === PORT_TRIES || !AppError.is(error, 'conflict')) throw error;
    }
  }
}

/** PostgreSQL cannot choose one itself. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
