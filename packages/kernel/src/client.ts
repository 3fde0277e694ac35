import type { Tracer } from '@mlab/telemetry';
import type { CallMeta } from '#/call.ts';
import type { AnyOperation, ClientOf, Contract } from '#/contract.ts';
import { AppError } from '#/errors.ts';

/** One way to reach a service. It answers with a value that the contract's output accepts, or throws an AppError. */
export type Transport = (name: string, operation: AnyOperation, input: unknown, call: CallMeta) => Promise<unknown>;

/** Typed methods over a transport. Each call is a span of the caller's, and says who calls. */
export function createClient<C extends Contract>(contract: C, transport: Transport, caller: string, tracer: Tracer): ClientOf<C> {
  const methods = Object.entries(contract.operations).map(([name, operation]) => {
    const spanName = `${contract.name}.${name}`;
    return [
      name,
      async (input: unknown, call: CallMeta): Promise<unknown> => {
        const trace = tracer.start(spanName, 'client', call.trace);
        try {
          const output = await transport(name, operation, input, { caller, trace, deadline: call.deadline, signal: call.signal });
          trace.end();
          return output;
        } catch (error) {
          trace.end(undefined, AppError.from(error).code);
          throw error;
        }
      },
    ];
  });
  return Object.fromEntries(methods) as ClientOf<C>;
}
