import type { Contract } from '#/contract.ts';
import type { Door } from '#/endpoint.ts';
import { pathsOf, type ForeignAnswer, type Protocol, type RenderedError, type Spoken } from '#/protocol.ts';
import type { AppError } from '#/errors.ts';

/** A protocol of another system as one service speaks it. */
export interface OpenedProtocol {
  readonly root: string;
  readonly doors: readonly Door[];
  readonly renderError: (error: AppError) => RenderedError;
}

type SpokenByName = Readonly<Record<string, Spoken<Protocol>>>;

/** The doors of all protocols of a service. Nothing is validated here: each handler knows how its clients speak. */
export function openProtocols(contract: Contract, spoken: SpokenByName = {}): readonly OpenedProtocol[] {
  return Object.entries(contract.protocols ?? {}).map(([name, protocol]) => {
    const speaker = spoken[name];
    if (speaker === undefined) throw new Error(`${contract.name} does not speak ${name}.`);
    const { handlers, renderError } = speaker;
    const doors = Object.entries(protocol.routes).flatMap(([key, route]): Door[] => {
      const { method, timeoutMs, body, maxBodyBytes } = route;
      const handler = handlers[key];
      if (handler === undefined) throw new Error(`${contract.name} has no handler for ${name}.${key}.`);
      return pathsOf(protocol, route).map((path) => ({
        contract,
        name: `${name}.${key}`,
        operation: { method, path, timeoutMs },
        wire: { renderError },
        input: { read: (request) => request },
        run: handler as Door['run'],
        write: (answer) => answer as ForeignAnswer,
        streams: body === 'stream',
        maxBodyBytes,
      }));
    });
    return { root: protocol.root, doors, renderError };
  });
}

/** By method and path: where questions of the same process come in as bytes, to protocols and to operations. */
export const foreignDoors = (protocols: readonly OpenedProtocol[], endpoints: readonly Door[]): ReadonlyMap<string, Door> =>
  new Map(
    [...endpoints, ...protocols.flatMap(({ doors }) => doors)].map((door) => [`${door.operation.method} ${door.operation.path}`, door]),
  );
