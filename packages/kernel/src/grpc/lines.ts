import { connectivityState as states, type Client } from '@grpc/grpc-js';

/** A connection of the library's, with how many questions are under way over it or wait for it. */
export interface Line {
  readonly client: Client;
  underWay: number;
  /** Since when somebody has waited for it to come about. */
  awaitedSince: number | undefined;
}

/** The connection to one address, which is replaced when nothing is to be expected of it. */
export interface Lines {
  /** For a question that is asked now. */
  readonly take: () => Line;
  /** When that question has ended, however it did. */
  readonly giveBack: (line: Line) => void;
  /** Connects where there is no connection. Resolves when there is one, when there is none to be had, or when the time is over. */
  readonly connect: (withinMs: number) => Promise<void>;
  /** Lets questions to come have a new connection. Those under way have theirs until they end. */
  readonly renew: () => void;
  readonly close: () => void;
}

export interface LinesOptions {
  readonly open: () => Client;
  /** How long a connection may take to come about before another one is tried, in milliseconds. */
  readonly patienceMs: number;
}

/**
 * Once it was refused, the library says no to whoever asks, connects again in its own time, and goes on to say no until the other side has
 * said its first word: a neighbour that has just begun would be unreachable although it listens. And for a connection that does not come
 * about it waits as long as the operating system does, which is minutes. So here whoever finds no connection makes a try, as over HTTP.
 */
export function openLines({ open, patienceMs }: LinesOptions): Lines {
  const begin = (): Line => ({ client: open(), underWay: 0, awaitedSince: undefined });
  let current = begin();
  let closed = false;

  const hangUp = (line: Line): void => {
    if (line.underWay === 0) line.client.close();
  };
  const renew = (): void => {
    if (closed) return;
    const old = current;
    current = begin();
    hangUp(old);
  };
  /** Resolves when it has come about, or will not; what has failed is left at once, before the library tries again by itself. */
  const settled = async (line: Line): Promise<void> => {
    line.awaitedSince = performance.now();
    await decided(line.client);
    line.awaitedSince = undefined;
    if (line === current && stateOf(line) === states.TRANSIENT_FAILURE) renew();
  };
  return {
    take: () => {
      const { awaitedSince } = current;
      if (awaitedSince !== undefined && performance.now() - awaitedSince >= patienceMs) renew();
      if (current.awaitedSince === undefined && stateOf(current) !== states.READY) void settled(current);
      current.underWay++;
      return current;
    },
    giveBack: (line) => {
      line.underWay--;
      if (line !== current || closed) hangUp(line);
    },
    connect: async (withinMs) => {
      if (stateOf(current) === states.READY || current.awaitedSince !== undefined) return;
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, withinMs);
      await Promise.race([settled(current), late]);
      clearTimeout(timer);
    },
    renew,
    close: () => {
      closed = true;
      hangUp(current);
    },
  };
}

const stateOf = ({ client }: Pick<Line, 'client'>): states => client.getChannel().getConnectivityState(false);

/** Begins to connect, and resolves when that has succeeded, has failed, or is wanted no more. */
function decided(client: Client): Promise<void> {
  const channel = client.getChannel();
  return new Promise((resolve) => {
    const look = (): void => {
      const state = channel.getConnectivityState(true);
      if (state === states.IDLE || state === states.CONNECTING) channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, look);
      else resolve();
    };
    look();
  });
}
