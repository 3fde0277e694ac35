import type { Logger } from '@mlab/telemetry';
import type { Transport } from '#/client.ts';
import type { Contract } from '#/contract.ts';
import { openHttpTransport, type HttpTransport } from '#/http/transport.ts';
import { fixedAddress, isFixed, resolvedAddress, type Address, type Resolve } from '#/peers/addresses.ts';
import type { Clock } from '#/service.ts';

/** How often names are looked up again, and how often while nothing is known. */
const REFRESH_MS = 5000;
const RETRY_MS = 1000;
const FIRST_LOOKUP_MS = 2000;

export interface RemoteInstance {
  readonly id: string;
  readonly transport: Transport;
}

export interface RemoteOptions {
  readonly contract: Contract;
  readonly bases: readonly URL[];
  readonly resolve: Resolve;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called when the list has changed, from the opening on. */
  readonly onChange: () => void;
}

export interface RemoteInstances extends AsyncDisposable {
  readonly list: () => readonly RemoteInstance[];
}

/** The copies of a neighbour behind a list of URLs. Names that resolve to several addresses are looked up again and again. */
export async function openRemoteInstances({ contract, bases, resolve, clock, log, onChange }: RemoteOptions): Promise<RemoteInstances> {
  const open = new Map<string, HttpTransport>();
  const known = new Map<URL, readonly Address[]>(bases.map((base) => [base, isFixed(base) ? [fixedAddress(base)] : []]));
  const names = bases.filter((base) => !isFixed(base));
  let list: readonly RemoteInstance[] = [];
  let cancel = (): void => {};
  let closed = false;
  let opened = false;

  const rebuild = (): boolean => {
    const wanted = new Map([...known.values()].flat().map((address) => [address.id, address]));
    const gone = [...open].filter(([id]) => !wanted.has(id));
    const added = [...wanted.values()].filter(({ id }) => !open.has(id));
    for (const [id, transport] of gone) {
      open.delete(id);
      // Closing waits for the calls under way; nobody needs to wait for the closing.
      void transport[Symbol.asyncDispose]();
    }
    for (const { id, base, address } of added)
      open.set(id, openHttpTransport(contract, { base, ...(address === undefined ? {} : { address }) }));
    list = [...open].map(([id, transport]) => ({ id, transport: transport.call }));
    return gone.length + added.length > 0;
  };

  const refresh = async (): Promise<void> => {
    for (const base of names) {
      try {
        known.set(
          base,
          (await resolve(base.hostname)).map((address) => resolvedAddress(base, address)),
        );
      } catch (error) {
        // What was known stays in use: a name server that is away must not take the neighbour with it.
        if (known.get(base)?.length === 0)
          log.warn({ peer: contract.name, host: base.hostname, error: (error as NodeJS.ErrnoException).code }, 'name not resolved');
      }
    }
    if (closed) return;
    if (rebuild() && opened) onChange();
    const complete = names.every((base) => known.get(base)?.length !== 0);
    cancel = clock.schedule(complete ? REFRESH_MS : RETRY_MS, () => void refresh());
  };

  rebuild();
  // A name server that does not answer must not keep a service from starting: the name may be known later.
  if (names.length > 0) await Promise.race([refresh(), new Promise<void>((resolve) => clock.schedule(FIRST_LOOKUP_MS, resolve))]);
  opened = true;
  return {
    list: () => list,
    [Symbol.asyncDispose]: async () => {
      closed = true;
      cancel();
      await Promise.all([...open.values()].map((transport) => transport[Symbol.asyncDispose]()));
    },
  };
}
