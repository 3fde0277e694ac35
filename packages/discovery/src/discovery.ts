import { rootCall, type Clock, type Database, type Discovery } from '@mlab/kernel';
import type { Logger } from '@mlab/telemetry';
import { CHANNEL, forgetDead, living, renew, tell, withdraw, type KnownInstance } from '#/instance-store.ts';

export const migrations = new URL('../migrations/', import.meta.url);

export interface DiscoveryOptions {
  readonly database: Database;
  /** Calls `onNotify` at each notification on the channel, and after an outage, in which some may have been missed. */
  readonly listen: (channel: string, onNotify: () => void) => Promise<AsyncDisposable>;
  /** Of this process: a UUID. */
  readonly process: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How often leases are renewed and the list is looked at, how long a lease lasts, and how long a statement may take, in milliseconds. */
const BEAT_MS = 1000;
const LEASE_MS = 5000;
const STATEMENT_MS = 2000;

interface Watcher {
  readonly service: string;
  readonly onChange: (urls: readonly string[]) => void;
  told: string | undefined;
}

/**
 * Instances known through a table with leases. While the database is away everybody keeps what he knew: the instances go on
 * serving, and renew their leases when it is back.
 */
export async function openDiscovery(options: DiscoveryOptions): Promise<Discovery & AsyncDisposable> {
  const { database, clock, log, process } = options;
  const own = new Set<KnownInstance>();
  const watchers = new Set<Watcher>();
  let away = false;
  let closed = false;
  let cancelBeat = (): void => {};
  let beating: Promise<void> = Promise.resolve();
  const db = () => database.for(rootCall('discovery', STATEMENT_MS));

  const show = (instances: readonly KnownInstance[]): void => {
    for (const watcher of watchers) {
      const urls = instances.filter(({ service }) => service === watcher.service).map(({ url }) => url);
      const now = urls.join(' ');
      if (now === watcher.told) continue;
      watcher.told = now;
      watcher.onChange(urls);
    }
  };
  const look = async (): Promise<void> => {
    if (watchers.size > 0) show(await living(db()));
  };
  /** What fails now is tried again at the next beat. */
  const attempt = async (task: () => Promise<unknown>): Promise<void> => {
    try {
      await task();
      if (away) log.info('discovery goes on: the database is back');
      away = false;
    } catch (error) {
      if (!away && !closed) log.warn({ error: (error as Error).message }, 'discovery stands still: what was known stays in use');
      away = true;
    }
  };
  const beat = async (): Promise<void> => {
    await attempt(async () => {
      if (own.size > 0) await renew(db(), process, [...own], LEASE_MS);
      await look();
    });
    if (!closed) beatLater();
  };
  const beatLater = (): void => {
    cancelBeat = clock.schedule(BEAT_MS, () => void (beating = beat()));
  };

  const listener = await options.listen(CHANNEL, () => void attempt(look));
  await attempt(() => forgetDead(db()));
  beatLater();

  return {
    announce: async (service, url) => {
      const instance = { service, url };
      own.add(instance);
      await attempt(async () => {
        await renew(db(), process, [instance], LEASE_MS);
        await tell(db());
      });
      return {
        [Symbol.asyncDispose]: async () => {
          own.delete(instance);
          // A renewal under way would bring it back.
          await beating;
          await attempt(async () => {
            await withdraw(db(), process, instance);
            await tell(db());
          });
        },
      };
    },
    watch: async (service, onChange) => {
      const watcher: Watcher = { service, onChange, told: undefined };
      watchers.add(watcher);
      await attempt(look);
      return { [Symbol.asyncDispose]: async () => void watchers.delete(watcher) };
    },
    [Symbol.asyncDispose]: async () => {
      closed = true;
      cancelBeat();
      await beating;
      await listener[Symbol.asyncDispose]();
    },
  };
}
