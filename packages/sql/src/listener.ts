import type { Clock } from '@mlab/kernel';
import type { Logger } from '@mlab/telemetry';
import { Client, escapeIdentifier } from 'pg';

export interface ListenerOptions {
  /** Of the role that listens: see `OpenedService`. */
  readonly url: string;
  /** Shown in the list of connections. */
  readonly name: string;
  readonly channels: readonly string[];
  readonly onNotify: (channel: string, payload: string) => void;
  /** Listening again after the connection was lost: what was notified meanwhile has not been heard, and never will be. */
  readonly onReconnect: () => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/** Longest wait before the next attempt to connect, in milliseconds. */
const BACKOFF_MS = 5000;
/** A connection that says nothing looks the same as one that is cut, so it is asked now and then; in milliseconds. */
const ASK_EVERY_MS = 15_000;
const ANSWER_WITHIN_MS = 5000;

/** Hears PostgreSQL's NOTIFY on a connection of its own, which it renews when it is lost. Resolves when it listens; rejects when it cannot begin. */
export async function openListener(options: ListenerOptions): Promise<AsyncDisposable> {
  const { url, name, channels, clock, random, log } = options;
  const listen = channels.map((channel) => `LISTEN ${escapeIdentifier(channel)}`).join('; ');
  let closed = false;
  let current: Client | undefined;
  let cancelTimer = (): void => undefined;

  async function connect(): Promise<void> {
    const client = new Client({
      connectionString: url,
      application_name: name,
      keepAlive: true,
      connectionTimeoutMillis: ANSWER_WITHIN_MS,
      query_timeout: ANSWER_WITHIN_MS,
    });
    client.on('error', () => destroy(client));
    client.on('end', () => {
      if (current === client) lost();
    });
    client.on('notification', ({ channel, payload }) => careful(() => options.onNotify(channel, payload ?? '')));
    try {
      await client.connect();
      await client.query(listen);
    } catch (error) {
      destroy(client);
      throw error;
    }
    if (closed) return client.end();
    current = client;
    askLater(client);
  }

  function askLater(client: Client): void {
    cancelTimer = clock.schedule(ASK_EVERY_MS, () => {
      client.query('SELECT 1').then(
        () => current === client && askLater(client),
        () => {
          destroy(client);
          if (current === client) lost();
        },
      );
    });
  }

  function lost(): void {
    current = undefined;
    cancelTimer();
    if (closed) return;
    log.warn({ connection: name }, 'The connection for notifications was lost; connecting again.');
    retry(1);
  }

  function retry(attempt: number): void {
    const ms = random() * Math.min(BACKOFF_MS, 50 * 2 ** attempt);
    cancelTimer = clock.schedule(ms, () => {
      connect().then(
        () => {
          if (closed) return;
          log.info({ connection: name, attempt }, 'Notifications are heard again.');
          careful(options.onReconnect);
        },
        () => closed || retry(attempt + 1),
      );
    });
  }

  function careful(task: () => void): void {
    try {
      task();
    } catch (error) {
      log.error({ err: error, connection: name }, 'What was to be done on a notification failed.');
    }
  }

  await connect();
  return {
    [Symbol.asyncDispose]: async () => {
      closed = true;
      cancelTimer();
      const client = current;
      current = undefined;
      await client?.end();
    },
  };
}

/** Closes it at once, without a word to the server, which may not hear it. */
function destroy(client: Client): void {
  client.connection.stream.destroy();
}
