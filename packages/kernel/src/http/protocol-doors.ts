import type { Contract } from '#/contract.ts';
import type { Door } from '#/endpoint.ts';
import type { ForeignAnswer, Protocol, RenderedError, Spoken } from '#/protocol.ts';
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
  return Object.entries(contract.protocols ?? {}).map(([name, { root, routes }]) => {
    const speaker = spoken[name];
    if (speaker === undefined) throw new Error(`${contract.name} does not speak ${name}.`);
    const { handlers, renderError } = speaker;
    const doors = Object.entries(routes).map(([key, { method, path, timeoutMs, body, maxBodyBytes }]): Door => {
      const handler = handlers[key];
      if (handler === undefined) throw new Error(`${contract.name} has no handler for ${name}.${key}.`);
      return {
        contract,
        name: `${name}.${key}`,
        operation: { method, path: root + path, timeoutMs },
        wire: { renderError },
        input: { read: (request) => request },
        run: handler as Door['run'],
        write: (answer) => answer as ForeignAnswer,
        streams: body === 'stream',
        maxBodyBytes,
      };
    });
    return { root, doors, renderError };
  });
}
