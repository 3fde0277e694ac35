import type { Logger } from '@mlab/telemetry';
import type { Contract } from '#/contract.ts';
import type { Prover } from '#/identity/identity.ts';
import { fixedAddress, isFixed, resolvedAddress, type Address, type Resolve } from '#/peers/addresses.ts';
import { openInstances, type RemoteInstances } from '#/peers/instances.ts';
import type { Clock } from '#/service.ts';

/** How often names are looked up again, and how often while nothing is known. */
const REFRESH_MS = 5000;
const RETRY_MS = 1000;
const FIRST_LOOKUP_MS = 2000;

export interface RemoteOptions {
  readonly contract: Contract;
  readonly bases: readonly URL[];
  readonly resolve: Resolve;
  readonly clock: Clock;
  readonly log: Logger;
  readonly identity: Prover;
  /** Called when the list has changed, from the opening on. */
  readonly onChange: () => void;
}

/** The copies of a neighbour behind a list of URLs. Names that resolve to several addresses are looked up again and again. */
export async function openRemoteInstances(options: RemoteOptions): Promise<RemoteInstances> {
  const { contract, bases, resolve, clock, log, identity, onChange } = options;
  const instances = openInstances(contract, identity);
  const known = new Map<URL, readonly Address[]>(bases.map((base) => [base, isFixed(base) ? [fixedAddress(base)] : []]));
  const names = bases.filter((base) => !isFixed(base));
  let cancel = (): void => {};
  let closed = false;
  let opened = false;

  const rebuild = (): boolean => instances.set([...known.values()].flat());

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
    list: instances.list,
    [Symbol.asyncDispose]: async () => {
      closed = true;
      cancel();
      await instances[Symbol.asyncDispose]();
    },
  };
}
