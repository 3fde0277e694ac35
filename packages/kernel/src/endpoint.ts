import buildSerializer from 'fast-json-stringify';
import type { Call } from '#/call.ts';
import type { AnyOperation, Contract } from '#/contract.ts';
import type { InputReader, Wire } from '#/http/wire.ts';

/** One operation of a running service: how its input is read, who answers, how its output is written. */
export interface Endpoint {
  readonly contract: Contract;
  readonly name: string;
  readonly operation: AnyOperation;
  readonly wire: Wire;
  readonly input: InputReader;
  readonly run: (input: unknown, call: Call) => unknown;
  /** JSON with the fields of the contract and no others, so that a handler cannot leak what it did not promise. */
  readonly write: (output: unknown) => string;
}

type Handlers = Readonly<Record<string, (input: never, call: Call) => unknown>>;

export function openEndpoints(contract: Contract, wire: Wire, handlers: Handlers): readonly Endpoint[] {
  return Object.entries(contract.operations).map(([name, operation]) => {
    const handler = handlers[name];
    if (handler === undefined) throw new Error(`${contract.name} has no handler for ${name}.`);
    return {
      contract,
      name,
      operation,
      wire,
      input: wire.reader(operation),
      run: handler as Endpoint['run'],
      write: buildSerializer(operation.output.json as Parameters<typeof buildSerializer>[0]),
    };
  });
}
