import { join } from 'node:path';
import { readConfig, type AnyService, type Facilities } from '@mlab/kernel';
import type { Logger } from '@mlab/telemetry';

type Env = Readonly<Record<string, string | undefined>>;

export interface FacilitiesOptions {
  readonly env: Env;
  /** What these declare decides what is opened: a process whose services keep nothing opens nothing. */
  readonly services: readonly AnyService[];
  readonly logger: Logger;
  readonly version: string;
}

/**
 * What this process lends its services: files, and with `DATABASE_URL` a database, events, jobs and discovery. Each is loaded where
 * something needs it, so that the bare lab does not pay for what it has not.
 */
export async function openFacilities(options: FacilitiesOptions): Promise<Facilities & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const { env, services } = options;
  const files = services.some(({ objects }) => objects === true) ? stack.use(await openFiles(env)) : undefined;
  const adminUrl = env['DATABASE_URL'] ?? '';
  const stateful = adminUrl === '' ? undefined : stack.use(await (await import('./stateful.ts')).openStateful(adminUrl, options));
  const disposing = stack.move();
  return {
    ...(files === undefined ? {} : { openObjects: files.openObjects }),
    ...stateful?.facilities,
    [Symbol.asyncDispose]: () => disposing.disposeAsync(),
  };
}

async function openFiles(env: Env) {
  const { objectsSettings, openObjectsFacility } = await import('@mlab/objects');
  const settings = readConfig('objects', objectsSettings, env);
  return openObjectsFacility({ ...settings, folder: settings.folder || join(env['MLAB_HOME'] || '.mlab', 'objects') });
}
