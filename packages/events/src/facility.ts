import type { Facilities, Owner } from '@mlab/kernel';
import { openDatabase, openListener, type SystemMigrations } from '@mlab/sql';
import type { Bus } from '#/bus/bus.ts';
import { openNatsBus } from '#/bus/nats-bus.ts';
import { openPostgresBus } from '#/bus/postgres-bus.ts';
import { openHearing } from '#/hearing.ts';
import { openMembers } from '#/members.ts';
import type { Notices } from '#/notices.ts';
import { openEvents } from '#/open-events.ts';
import { openRequests } from '#/requests.ts';
import type { EventsSettings } from '#/settings.ts';
import { createTurn } from '#/worker.ts';
import { INBOX_NOTICE } from '#/intake.ts';
import { REGISTERED_NOTICE } from '#/registered.ts';
import { BUS_NOTICE } from '#/bus/postgres-bus.ts';

export interface EventsFacilityOptions extends Pick<Owner, 'telemetry' | 'clock' | 'random'> {
  /** `DATABASE_URL`: the services' databases and the bus must be in the same one. */
  readonly adminUrl: string;
  /** As `readConfig('events', eventsSettings, env)` gives them. */
  readonly settings: EventsSettings;
}

export interface EventsFacility extends AsyncDisposable {
  readonly openEvents: NonNullable<Facilities['openEvents']>;
}

/** What each service's database must hold: for `systemMigrations` of @mlab/sql. */
export const eventsMigrations: SystemMigrations = { owner: 'events', folder: new URL('../migrations/service/', import.meta.url) };

const OWNER = 'mlab-events';

/** What carries events for the services of one process: one connection to the bus, one for notices, one that shows that it lives. */
export async function openEventsFacility(options: EventsFacilityOptions): Promise<EventsFacility> {
  const { adminUrl, settings, telemetry, clock, random } = options;
  const { log } = telemetry;
  await using stack = new AsyncDisposableStack();
  const opened = stack.use(
    await openDatabase(
      { name: OWNER, telemetry, clock, random },
      {
        adminUrl,
        migrations: new URL('../migrations/bus/', import.meta.url),
        settings: { maxConnections: 8 },
      },
    ),
  );
  const { database, url } = opened;
  const notices = stack.use(await openNotices({ url, log, clock, random }));
  const members = stack.use(openMembers({ database, log, clock, random }));
  const maxAgeMs = settings.retentionHours * 3_600_000;
  const maxBytes = settings.retentionBytes;
  const bus: Bus = stack.use(
    settings.bus === 'nats'
      ? openNatsBus({
          url: settings.natsUrl,
          stream: settings.natsStream,
          replicas: settings.natsReplicas,
          maxAgeMs,
          maxBytes,
          log,
          clock,
          random,
        })
      : openPostgresBus({ database, notices, maxAgeMs, maxBytes, log, clock, random }),
  );
  const requests = stack.use(openRequests({ bus, log, clock, random }));
  const hearing = stack.use(openHearing({ bus, log, clock, random }));
  // A server that comes back after it was killed may have lost its last commits, and gives their positions to others.
  notices.onReconnect(hearing.broke);
  const shared = { bus, members, notices, requests, hearing, settings, suspects: createTurn() };
  const disposing = stack.move();
  return {
    openEvents: (owner, serviceDatabase, declaration) => openEvents(shared, owner, serviceDatabase, declaration),
    [Symbol.asyncDispose]: () => disposing.disposeAsync(),
  };
}

type NoticesOptions = Pick<Parameters<typeof openListener>[0], 'url' | 'log' | 'clock' | 'random'>;

async function openNotices(options: NoticesOptions): Promise<Notices & AsyncDisposable> {
  const listeners = new Map<string, Set<(payload: string) => void>>();
  const reconnected: (() => void)[] = [];
  const hear = (channel: string, payload: string): void => {
    for (const heard of listeners.get(channel) ?? []) heard(payload);
  };
  const connection = await openListener({
    ...options,
    name: 'mlab events notices',
    channels: [BUS_NOTICE, INBOX_NOTICE, REGISTERED_NOTICE],
    onNotify: hear,
    onReconnect: () => {
      for (const channel of listeners.keys()) hear(channel, '');
      for (const heard of reconnected) heard();
    },
  });
  return {
    on: (channel, heard) => {
      const of = listeners.get(channel) ?? new Set();
      listeners.set(channel, of.add(heard));
      return () => void of.delete(heard);
    },
    onReconnect: (heard) => void reconnected.push(heard),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}
