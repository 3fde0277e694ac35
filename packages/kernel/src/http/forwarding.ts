import type { IncomingMessage, ServerResponse } from 'node:http';
import findMyWay, { type HTTPMethod } from 'find-my-way';
import type { Contract } from '#/contract.ts';
import { lazily } from '#/lazily.ts';
import { pathsOf, type Protocol } from '#/protocol.ts';

/** One request on its way to the service that it is for. `path` is where that service knows it. */
export interface Forwarded {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  /** The service that hands it on. */
  readonly by: string;
  readonly traceparent: string;
  /** Answers in the place of a service that cannot be reached; `untouched`: nothing of the request has left, so another may be asked. */
  readonly unreachable: (cause: unknown, untouched?: boolean) => void;
}

/** The way to one service. */
export type ForwardTo = (forwarded: Forwarded) => void;

export interface Destination {
  readonly contract: Contract;
  readonly path: string;
}

export type FindDestination = (method: string, url: string) => Destination | undefined;

/**
 * Which service a URL is for: `/<name>/…` is the whole door of that service; the root of a protocol is shared by all who speak it, so
 * that there each route leads to the one who has it, and what nobody has, to the first. What stands below one of `ownRoots` is not handed on.
 */
export function destinations(contracts: readonly Contract[], ownRoots: ReadonlySet<string>): FindDestination {
  const byName = new Map(contracts.map((contract) => [contract.name, contract]));
  const byRoot = new Map<string, (method: string, url: string) => Contract | undefined>();
  const speakers = contracts.flatMap((contract) =>
    Object.values(contract.protocols ?? {})
      .filter(({ root }) => !ownRoots.has(root))
      .map((protocol) => ({ contract, protocol })),
  );
  for (const [root, group] of Map.groupBy(speakers, ({ protocol }) => protocol.root.slice(1))) {
    const router = lazily(() => routerOf(group));
    byRoot.set(root, (method, url) => (router().find(method as HTTPMethod, url)?.store ?? group[0]?.contract) as Contract | undefined);
  }
  return (method, url) => {
    const segment = /^\/([^/?]+)/.exec(url)?.[1];
    if (segment === undefined) return undefined;
    const contract = byName.get(segment);
    if (contract !== undefined) {
      const rest = url.slice(segment.length + 1);
      return { contract, path: rest.startsWith('/') ? rest : `/${rest}` };
    }
    const found = byRoot.get(segment)?.(method, url.split('?', 1)[0] as string);
    return found === undefined ? undefined : { contract: found, path: url };
  };
}

/** The contract to each route of one root. */
function routerOf(speakers: readonly { readonly contract: Contract; readonly protocol: Protocol }[]): ReturnType<typeof findMyWay> {
  const router = findMyWay({ maxParamLength: 1024 });
  for (const { contract, protocol } of speakers)
    for (const route of Object.values(protocol.routes))
      for (const path of pathsOf(protocol, route)) router.on(route.method, path, () => {}, contract);
  return router;
}
