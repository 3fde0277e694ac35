import { create, fromBinary, toBinary, type DescMethod, type Message } from '@bufbuild/protobuf';
import { bufferOf } from '#/buffer-of.ts';
import type { Call } from '#/call.ts';
import type { Contract } from '#/contract.ts';
import { AppError } from '#/errors.ts';
import type { GrpcMethod } from '#/grpc/declaration.ts';
import { UnreadMessage, type GrpcImplementation } from '#/grpc/implementation.ts';

/** One method that a running service answers. */
export interface GrpcDoor {
  readonly contract: Contract;
  /** In logs and metrics: `GRPCInferenceService.ModelInfer`. */
  readonly name: string;
  readonly operation: { readonly method: 'POST'; readonly path: string; readonly timeoutMs: number; readonly callers?: readonly string[] };
  readonly kind: DescMethod['methodKind'];
  readonly maxMessageBytes: number;
  /** Whether anybody may ask, as `/health` over HTTP. */
  readonly open: boolean;
  readonly read: (bytes: Uint8Array) => unknown;
  readonly run: (input: unknown, call: Call) => unknown;
  readonly write: (output: unknown) => Buffer;
}

export interface DoorOptions {
  readonly contract: Contract;
  readonly messageLimitBytes: number;
}

/** All methods that a contract declares; throws where what is implemented is not what is declared. */
export function openDoors(
  { contract, messageLimitBytes }: DoorOptions,
  implementations: readonly GrpcImplementation[],
): readonly GrpcDoor[] {
  const declared = contract.grpc?.services ?? {};
  const stranger = implementations.find(({ descriptor }) => !Object.hasOwn(declared, descriptor.typeName));
  if (stranger !== undefined) throw new Error(`${contract.name} does not declare ${stranger.descriptor.typeName}.`);
  return Object.entries(declared).flatMap(([service, methods]) => {
    const implementation = implementations.find(({ descriptor }) => descriptor.typeName === service);
    if (implementation === undefined) throw new Error(`${contract.name} does not implement ${service}.`);
    const { descriptor } = implementation;
    const undeclared = descriptor.methods.find(({ name }) => !Object.hasOwn(methods, name));
    if (undeclared !== undefined) throw new Error(`${contract.name} does not declare ${service}.${undeclared.name}.`);
    return Object.entries(methods).map(([name, declaration]) => {
      const method = descriptor.methods.find((candidate) => candidate.name === name);
      if (method === undefined) throw new Error(`${service} has no method ${name}.`);
      return doorOf({ contract, method, declaration, implementation, messageLimitBytes });
    });
  });
}

interface DoorParts {
  readonly contract: Contract;
  readonly method: DescMethod;
  readonly declaration: Pick<GrpcMethod, 'timeoutMs' | 'callers' | 'maxMessageBytes'>;
  readonly implementation: GrpcImplementation;
  readonly messageLimitBytes: number;
  readonly open?: boolean;
}

export function doorOf({ contract, method, declaration, implementation, messageLimitBytes, open = false }: DoorParts): GrpcDoor {
  const { timeoutMs, callers, maxMessageBytes = messageLimitBytes } = declaration;
  const handler = implementation.handlers[method.localName];
  if (handler === undefined) throw new Error(`${contract.name} has no handler for ${method.parent.typeName}.${method.name}.`);
  const { input, output, methodKind: kind } = method;
  const { unread } = implementation;
  const beside = unread?.answer[method.localName];
  const fromBytes = beside === undefined && kind === 'unary' ? Infinity : (unread?.fromBytes ?? Infinity);
  return {
    contract,
    name: `${method.parent.name}.${method.name}`,
    operation: {
      method: 'POST',
      path: `/${method.parent.typeName}/${method.name}`,
      timeoutMs,
      ...(callers === undefined ? {} : { callers }),
    },
    kind,
    maxMessageBytes,
    open,
    read: (bytes) => {
      refuseLarger(bytes, maxMessageBytes, method.name);
      if (bytes.length >= fromBytes) return new UnreadMessage(bytes);
      try {
        return fromBinary(input, bytes, READING);
      } catch (error) {
        throw new AppError('malformed', `The message cannot be read as ${input.typeName}.`, { cause: error });
      }
    },
    run: (message, call) =>
      message instanceof UnreadMessage && beside !== undefined
        ? beside(message.bytes, call)
        : (handler as unknown as GrpcDoor['run'])(message, call),
    write: (answer) => bufferOf(answer instanceof Uint8Array ? answer : toBinary(output, create(output, answer as Message))),
  };
}

export function refuseLarger({ length }: Uint8Array, most: number, method: string): void {
  if (length > most) throw new AppError('too_large', `The message has ${length} bytes; ${method} takes ${most} at most.`);
}

/** What is not in the descriptor is of no use to anybody here. */
const READING = { readUnknownFields: false };
