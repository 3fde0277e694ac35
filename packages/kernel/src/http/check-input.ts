import type { Contract } from '#/contract.ts';
import { wires } from '#/http/wires.ts';

/**
 * Looks at an input that has come another way than over HTTP, with the same words for what is wrong with it. Throws an AppError, or
 * returns it with defaults filled in.
 */
export function inputChecker<C extends Contract>(contract: C, operation: keyof C['operations'] & string): (value: unknown) => unknown {
  const known = contract.operations[operation];
  if (known === undefined) throw new Error(`${contract.name} has no operation ${operation}.`);
  const reader = wires[contract.wire].reader(known);
  return (value) => reader.check(value);
}
