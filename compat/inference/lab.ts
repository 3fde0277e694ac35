import { join } from 'node:path';
import { startEmbedded } from '@mlab/sql/embedded';
import { startServer, urlOf, type ServerProgram } from '../../bench/load/server.ts';
import { freePort } from '../../tests/crash/free-port.ts';
import { platformProgram } from '../mlflow/servers.ts';

export interface Lab extends AsyncDisposable {
  /** The Model API. */
  readonly predictor: string;
  readonly gateway: string;
  /** The Model API over gRPC: host and port. */
  readonly grpc: string;
}

/** The processes that `npm start` has, with a PostgreSQL of their own, on free ports; all they write lies in `folder`. */
export async function startLab(folder: string): Promise<Lab> {
  await using stack = new AsyncDisposableStack();
  const { url } = stack.use(await startEmbedded({ folder: join(folder, 'postgres') }));
  const grpcPort = await freePort();
  const program = (name: string, target: string, ...more: readonly string[]): ServerProgram => {
    const { command, ...rest } = platformProgram(name, target, url, folder);
    return { ...rest, command: [...command, ...more] };
  };
  stack.use(await startServer(program('platform', 'tracking,registry')));
  const predictor = stack.use(await startServer(program('predictor', 'predictor', '--port', `predictor/grpc=${grpcPort}`)));
  const gateway = stack.use(await startServer(program('gateway', 'gateway')));
  const running = stack.move();
  return {
    predictor: urlOf(predictor, 'predictor'),
    gateway: urlOf(gateway, 'gateway'),
    grpc: `127.0.0.1:${grpcPort}`,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
