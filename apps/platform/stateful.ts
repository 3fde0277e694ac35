import { randomUUID } from 'node:crypto';
import { openDiscovery, migrations as discoveryMigrations } from '@mlab/discovery';
import { exchangesMessages, readConfig, systemClock, type Facilities, type Owner } from '@mlab/kernel';
import { openDatabase, openListener } from '@mlab/sql';
import { openTelemetry } from '@mlab/telemetry';
import type { FacilitiesOptions } from './facilities.ts';

type Env = FacilitiesOptions['env'];

/** All that stands on the database. */
export async function openStateful(
  adminUrl: string,
  { env, services, logger, version }: FacilitiesOptions,
): Promise<{ readonly facilities: Facilities } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const ownerOf = async (name: string): Promise<Owner> => ({
    name,
    telemetry: stack.use(await openTelemetry({ service: name, version, logger, env })),
    clock: systemClock,
    random: Math.random,
  });
  const events = services.some(exchangesMessages) ? stack.use(await openEvents(adminUrl, env, await ownerOf('mlab-events'))) : undefined;
  const jobs = services.some((service) => service.jobs !== undefined) ? stack.use(await openJobs(adminUrl, env)) : undefined;
  const discovery = await openKnown(adminUrl, await ownerOf('mlab-discovery'), stack);
  const disposing = stack.move();
  return {
    facilities: {
      openDatabase: (owner, migrations, holds) => {
        const parts = [holds.events ? events?.migrations : undefined, holds.jobs ? jobs?.systemMigrations : undefined];
        return openDatabase(owner, { adminUrl, migrations, systemMigrations: parts.filter((part) => part !== undefined) });
      },
      ...(events === undefined ? {} : { openEvents: events.openEvents }),
      ...(jobs === undefined ? {} : { openJobs: jobs.openJobs }),
      discovery,
    },
    [Symbol.asyncDispose]: () => disposing.disposeAsync(),
  };
}

async function openEvents(adminUrl: string, env: Env, owner: Owner) {
  const { eventsMigrations, eventsSettings, openEventsFacility } = await import('@mlab/events');
  const { telemetry, clock, random } = owner;
  const facility = await openEventsFacility({ adminUrl, settings: readConfig('events', eventsSettings, env), telemetry, clock, random });
  return { ...facility, migrations: eventsMigrations };
}

async function openJobs(adminUrl: string, env: Env) {
  const { jobsSettings, openJobsFacility } = await import('@mlab/jobs');
  return openJobsFacility({ adminUrl, settings: readConfig('jobs', jobsSettings, env) });
}

async function openKnown(adminUrl: string, owner: Owner, stack: AsyncDisposableStack) {
  const { clock, random, telemetry } = owner;
  const { log } = telemetry;
  const { database, url } = stack.use(
    await openDatabase(owner, { adminUrl, migrations: discoveryMigrations, settings: { maxConnections: 2 } }),
  );
  return stack.use(
    await openDiscovery({
      database,
      listen: (channel, onNotify) =>
        openListener({ url, name: 'mlab discovery', channels: [channel], onNotify, onReconnect: onNotify, clock, random, log }),
      process: randomUUID(),
      clock,
      log,
    }),
  );
}
