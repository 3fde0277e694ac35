import { Client, type ClientConfig } from 'pg';

/** What the driver has and its types lack. */
interface RawConnection extends NodeJS.EventEmitter {
  connect(port: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processId: number, secretKey: number): void;
}

export interface Backend {
  readonly processID: number;
  readonly secretKey: number;
}

/**
 * Asks the server to end what a backend is doing, over a connection of its own, as the protocol has it: it needs no login, so it works
 * when every connection is busy. Resolves when the server has passed it on and closed that connection; never rejects.
 * A backend that is between two statements ignores it.
 */
export function requestCancel(config: ClientConfig, backend: Backend): Promise<void> {
  const client = new Client(config);
  const connection = client.connection as unknown as RawConnection;
  const { host, port } = client;
  const send = (): void => connection.cancel(backend.processID, backend.secretKey);
  return new Promise((resolve) => {
    connection.on('error', () => resolve());
    connection.on('end', () => resolve());
    connection.on('connect', () => (client.ssl ? connection.requestSsl() : send()));
    connection.on('sslconnect', send);
    if (host.startsWith('/')) connection.connect(`${host}/.s.PGSQL.${port}`);
    else connection.connect(port, host);
  });
}
