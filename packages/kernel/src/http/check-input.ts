import type { Contract } from '#/contract.ts';
import type { InputReader } from '#/http/wire.ts';
import { wires } from '#/http/wires.ts';

/**
 * Looks at an input that has come another way than over HTTP, with the same words for what is wrong with it. Throws an AppError, or
 * returns it with defaults filled in.
 */
export function inputChecker<C extends Contract>(contract: C, operation: keyof C['operations'] & string): (value: unknown) => unknown {
  const reader = inputReader(contract, operation);
  return (value) => reader.check(value);
}

/** Reads an input elsewhere than at the door of its operation: what is read there is read here, and refused in the same words. */
export function inputReader<C extends Contract>(contract: C, operation: keyof C['operations'] & string): InputReader {
  const known = contract.operations[operation];
  if (known === undefined) throw new Error(`${contract.name} has no operation ${operation}.`);
  return wires[contract.wire].reader(known);
}
