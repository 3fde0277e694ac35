import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { CliError } from '../cli-error.ts';
import type { Home } from '../home.ts';
import { portProblem } from './port-problem.ts';
import { probePort } from './probe-port.ts';

/** Beside PostgreSQL's own 5432, where another server often listens. */
const USUAL = 54_329;

export interface PostgresPort {
  /** The port for the next start; rejects with a sentence when the only one that will do is taken. */
  take(): Promise<number>;
  /** It serves there: what is connected must find it there again. */
  keep(): void;
}

/**
 * Nobody has to know the database's port, so nobody shall be bothered with it: the one of the last time, else the usual one, else one that
 * is free. It stays the same from start to start as long as it can, for those who connect by hand. A wish is kept or refused.
 */
export function openPostgresPort(home: Home, wish: number | undefined): PostgresPort {
  let fixed = wish;
  let chosen: number | undefined;
  return {
    async take() {
      if (fixed !== undefined) {
        const problem = await portProblem({ name: 'postgres', port: fixed, portVariable: 'MLAB_POSTGRES_PORT' });
        if (problem !== undefined) throw new CliError(problem);
        return fixed;
      }
      chosen = (await firstFree([remembered(home), USUAL])) ?? (await freePort());
      return chosen;
    },
    keep() {
      fixed ??= chosen;
      if (wish === undefined && fixed !== remembered(home)) writeFileSync(home.postgresPort, `${fixed}\n`, { mode: 0o600 });
    },
  };
}

function remembered(home: Home): number | undefined {
  try {
    const port = Number(readFileSync(home.postgresPort, 'utf8'));
    return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : undefined;
  } catch {
    return undefined;
  }
}

async function firstFree(ports: readonly (number | undefined)[]): Promise<number | undefined> {
  for (const port of ports) if (port !== undefined && (await probePort(port)) === 'free') return port;
  return undefined;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
