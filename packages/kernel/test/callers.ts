import { defineContract, defineService, Host, schema, type AnyService, type ClientOf, type Clock, type Discovery } from '@mlab/kernel';
import { Type } from '@mlab/schema';
import { openLog } from '@mlab/telemetry';
import { reader, shelf, shelfService } from './sample-services.ts';

export type Shelf = ClientOf<typeof shelf>;

/** A service that calls the shelf as the reader does, and stands in no list of callers. */
const stranger = defineContract({ ...reader, name: 'stranger', port: 18_103 });

/** Two callers of the shelf, whose clients are handed to the test. */
export interface Callers {
  readonly reader: Shelf;
  readonly stranger: Shelf;
}

export interface Running extends AsyncDisposable {
  readonly host: Host;
  readonly clients: Callers;
}

export interface CallersOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Where the shelf is; else it runs in the same process. */
  readonly shelf?: string;
  /** Or where the shelf is found. */
  readonly discovery?: Discovery;
  readonly clock?: Clock;
}

export async function startCallers({ env = {}, shelf: url, discovery, clock }: CallersOptions): Promise<Running> {
  const clients: { reader?: Shelf; stranger?: Shelf } = {};
  const caller = (contract: typeof reader | typeof stranger, name: keyof Callers): AnyService =>
    defineService({
      contract,
      needs: { shelf },
      config: schema(Type.Object({})),
      start: ({ clients: { shelf: client } }) => {
        clients[name] = client;
        return { handlers: {} };
      },
    });
  const host = await Host.start({
    services: [
      caller(reader, 'reader'),
      caller(stranger, 'stranger'),
      ...(url === undefined && discovery === undefined ? [shelfService] : []),
    ],
    ports: { reader: 0, stranger: 0, shelf: 0 },
    ...(url === undefined ? {} : { peers: { shelf: url } }),
    ...(discovery === undefined ? {} : { facilities: { discovery } }),
    ...(clock === undefined ? {} : { clock }),
    env,
    logger: openLog({ level: 'silent' }).logger,
    version: '0',
  });
  return { host, clients: clients as Callers, [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() };
}

export interface StartedShelf extends AsyncDisposable {
  readonly url: string;
}

export async function startShelf(env: Readonly<Record<string, string>>, clock?: Clock): Promise<StartedShelf> {
  const host = await Host.start({
    services: [shelfService],
    ports: { shelf: 0 },
    ...(clock === undefined ? {} : { clock }),
    env,
    logger: openLog({ level: 'silent' }).logger,
    version: '0',
  });
  return { url: host.url('shelf'), [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() };
}
