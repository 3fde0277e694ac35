import buildSerializer from 'fast-json-stringify';
import type { Call } from '#/call.ts';
import type { AnyOperation, Contract, Download } from '#/contract.ts';
import { besides, type Beside } from '#/http/beside.ts';
import { withUpload } from '#/http/upload-body.ts';
import type { Wire } from '#/http/wire.ts';
import { lazily } from '#/lazily.ts';
import type { ForeignAnswer, ForeignRequest } from '#/protocol.ts';

export type Output = string | Download | ForeignAnswer;

/** Something that a running service answers: how its input is read, who answers, how the output is written. */
export interface Door {
  readonly contract: Contract;
  /** In logs and metrics. */
  readonly name: string;
  readonly operation: Pick<AnyOperation, 'method' | 'path' | 'timeoutMs' | 'callers'>;
  readonly wire: Pick<Wire, 'renderError'>;
  readonly input: { read(request: ForeignRequest): unknown };
  readonly run: (input: unknown, call: Call) => unknown;
  /** JSON with the fields of the contract and no others, so that a handler cannot leak what it did not promise. A download stays one. */
  readonly write: (output: unknown) => Output;
  /** Whether the body is left to who runs it. Default false. */
  readonly streams?: boolean;
  /** Largest body, in bytes; absent: the same for all. */
  readonly maxBodyBytes?: number | undefined;
}

/** One operation of the service's own contract. */
export interface Endpoint extends Door {
  readonly operation: AnyOperation;
  readonly wire: Wire;
  readonly input: { read(request: ForeignRequest): unknown; check(value: unknown): unknown };
  readonly write: (output: unknown) => Output;
}

type Handlers = Readonly<Record<string, (input: never, call: Call) => unknown>>;

export function openEndpoints(
  contract: Contract,
  wire: Wire,
  handlers: Handlers,
  beside: Readonly<Record<string, Beside | undefined>> = {},
): readonly Endpoint[] {
  return Object.entries(contract.operations).map(([name, operation]) => {
    const handler = handlers[name];
    if (handler === undefined) throw new Error(`${contract.name} has no handler for ${name}.`);
    const input = wire.reader(operation);
    const endpoint: Endpoint = {
      contract,
      name,
      operation,
      wire,
      input: operation.upload === true ? withUpload(input) : input,
      run: handler as Endpoint['run'],
      write: writerOf(`${contract.name}.${name}`, operation),
      streams: operation.upload === true,
      maxBodyBytes: operation.maxBodyBytes,
    };
    return besides(endpoint, beside[name]);
  });
}

function writerOf(name: string, { contentTypes, output }: AnyOperation): Endpoint['write'] {
  if (contentTypes === undefined) {
    const serializer = lazily(() => buildSerializer(output.json as Parameters<typeof buildSerializer>[0]));
    return (value) => serializer()(value);
  }
  return (answer) => {
    const { contentType } = answer as Download;
    if (contentTypes.includes(contentType.split(';', 1)[0] as string)) return answer as Download;
    throw new Error(`${name} answered with ${contentType}, which is not among the types of its contract.`);
  };
}
