import type { Call } from '#/call.ts';
import type { Door } from '#/endpoint.ts';
import { AppError } from '#/errors.ts';
import { unauthenticated } from '#/identity/unauthenticated.ts';

/** Throws unless the caller may use the operation. Co-hosted and remote calls both come through here. */
export function authorize({ contract, name, operation: { callers } }: Pick<Door, 'contract' | 'name' | 'operation'>, call: Call): void {
  if (callers === undefined || callers.includes(call.caller)) return;
  const only = `Only ${callers.join(', ')} may call ${contract.name}.${name}`;
  if (call.proof === 'missing') throw unauthenticated(`${only}, and nothing proves who calls.`);
  throw new AppError('forbidden', `${only}; this call is by ${call.caller}.`);
}
