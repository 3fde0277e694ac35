import type { AnySchema } from '@mlab/kernel';
import { Compile, Value } from '@mlab/schema';

/** Whether data is what a schema asks for. */
export interface DataCheck {
  /** What is wrong with it: the field, what was expected, what came. Undefined when nothing is. */
  fault(data: unknown): string | undefined;
  /** With the defaults that the schema names filled in. */
  complete(data: unknown): unknown;
}

const MAX_SHOWN = 80;

export function createDataCheck({ json }: AnySchema): DataCheck {
  const validator = Compile(json);
  return {
    complete: (data) => Value.Default(json, data),
    fault: (data) => {
      // Very deep data can exhaust the stack of a recursive schema.
      try {
        if (validator.Check(data)) return undefined;
      } catch (error) {
        return `data cannot be checked: ${String(error)}`;
      }
      const [error] = validator.Errors(data);
      if (error === undefined) return 'data is not what the schema asks for';
      const path = error.instancePath.split('/').slice(1);
      return `${['data', ...path].join('.')} ${error.message}, and is ${shown(valueAt(data, path))}`;
    },
  };
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = typeof value === 'object' && value !== null ? (Array.isArray(value) ? 'an array' : 'an object') : JSON.stringify(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
}
