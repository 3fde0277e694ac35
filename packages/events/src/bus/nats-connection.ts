import { AppError } from '@mlab/kernel';
import { printable, type Logger } from '@mlab/telemetry';
import { connect, nanos, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node';
import {
  DiscardPolicy,
  jetstream,
  JetStreamApiError,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type JetStreamClient,
  type JetStreamManager,
} from '@nats-io/jetstream';
import { MAX_ENVELOPE_BYTES } from '#/envelope.ts';
import { openLoop } from '#/loop.ts';

export interface NatsBusOptions {
  /** Several servers of one cluster separated by commas. */
  readonly url: string;
  readonly stream: string;
  readonly maxAgeMs: number;
  /** 0: no bound. */
  readonly maxBytes: number;
  readonly replicas: number;
  readonly log: Logger;
  readonly clock: Parameters<typeof openLoop>[0]['clock'];
  readonly random: () => number;
}

/** A connection that stands, with the stream in place. */
export interface Standing {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  /** Aborted when the connection is lost; the next one that stands is another. */
  readonly lost: AbortSignal;
}

export interface NatsLink extends AsyncDisposable {
  /** Rejects with `unavailable` at once while there is no connection. */
  standing(): Standing;
  detail(): { readonly ok: boolean; readonly detail: string };
}

const REQUEST_MS = 5000;

/** Connects for ever: at the start, and whenever the connection is lost. */
export function openNatsLink(options: NatsBusOptions): NatsLink {
  const { url, log, clock, random } = options;
  let nc: NatsConnection | undefined;
  let standing: { readonly now: Standing; readonly lose: () => void } | undefined;
  let why = 'has not connected yet';

  const lose = (reason: string): void => {
    why = reason;
    standing?.lose();
    standing = undefined;
  };

  const watch = async (connection: NatsConnection): Promise<void> => {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') {
        lose('has lost its connection');
        log.warn({ bus: 'nats' }, 'connection lost');
      } else if (status.type === 'reconnect') loop.wake();
    }
  };

  const stand = async (): Promise<void> => {
    if (nc === undefined || nc.isClosed()) {
      nc = await connect(connectionOptions(url));
      void watch(nc);
    }
    const jsm = await jetstreamManager(nc, { timeout: REQUEST_MS });
    await prepareStream(nc, jsm, options);
    const controller = new AbortController();
    const now = { nc, jsm, js: jetstream(nc, { timeout: REQUEST_MS }), lost: controller.signal };
    standing = { now, lose: () => controller.abort(new AppError('unavailable', 'The connection to NATS was lost.')) };
    why = '';
    log.info({ bus: 'nats', server: nc.getServer() }, 'connected');
  };

  const loop = openLoop({
    clock,
    random,
    backoff: { baseMs: 250, capMs: 2000 },
    step: async () => {
      if (standing === undefined) await stand();
      return 5000;
    },
    failed: (error, failures) => {
      why = `cannot be used: ${printable(error instanceof Error ? error.message : String(error), 200)}`;
      if (failures === 1) log.warn({ bus: 'nats', err: error }, 'no connection');
    },
  });

  return {
    standing: () => {
      if (standing === undefined) throw new AppError('unavailable', `NATS at ${withoutPassword(url)} ${why}.`, { retryAfter: 1 });
      return standing.now;
    },
    detail: () => (standing === undefined ? { ok: false, detail: why } : { ok: true, detail: 'is connected' }),
    [Symbol.asyncDispose]: async () => {
      lose('is closed');
      // A round under way may be waiting for a server that does not answer: closing the connection ends it.
      await nc?.close();
      await loop[Symbol.asyncDispose]();
      await nc?.close();
    },
  };
}

function connectionOptions(urls: string): ConnectionOptions {
  const servers = urls.split(',').map((url) => url.trim());
  const first = URL.parse(servers[0]?.includes('://') ? servers[0] : `nats://${servers[0]}`);
  if (first === null) throw new Error('NATS_URL is not a URL such as nats://127.0.0.1:4222.');
  const { username, password, protocol } = first;
  return {
    servers: servers.map((server) => server.replace(/^\w+:\/\//, '').replace(/^[^@]*@/, '')),
    name: 'mlab',
    ...(username !== '' && password === '' ? { token: decodeURIComponent(username) } : {}),
    ...(password === '' ? {} : { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
    ...(protocol === 'tls:' ? { tls: {} } : {}),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    // A server that has stopped without a word is noticed after two of these.
    pingInterval: 5000,
    maxPingOut: 2,
    timeout: REQUEST_MS,
  };
}

const withoutPassword = (url: string): string => url.replace(/\/\/[^@/]*@/g, '//');

/** Makes the stream, or gives the one that is there the bounds that are asked for. */
async function prepareStream(nc: NatsConnection, jsm: JetStreamManager, options: NatsBusOptions): Promise<void> {
  const { stream, maxAgeMs, maxBytes, replicas } = options;
  const room = nc.info?.max_payload ?? 0;
  if (room < MAX_ENVELOPE_BYTES + 4096)
    throw new Error(`The NATS server takes messages of ${room} bytes; set its max_payload to 1048576 or more.`);
  const bounds = { max_age: nanos(maxAgeMs), max_bytes: maxBytes === 0 ? -1 : maxBytes };
  const window = nanos(Math.min(maxAgeMs, 120_000));
  try {
    const { config } = await jsm.streams.info(stream);
    if (config.max_age !== bounds.max_age || config.max_bytes !== bounds.max_bytes)
      await jsm.streams.update(stream, { ...bounds, duplicate_window: window });
  } catch (error) {
    if (!(error instanceof JetStreamApiError && error.status === 404)) throw error;
    await jsm.streams.add({
      name: stream,
      subjects: [`${stream}.>`],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      // A full log drops its oldest entries rather than refuse new ones.
      discard: DiscardPolicy.Old,
      num_replicas: replicas,
      duplicate_window: window,
      ...bounds,
    });
  }
}
