import type { AnySchema } from '@mlab/kernel';
import { Compile, Value } from '@mlab/schema';
import { inWords, issuesOf } from '@mlab/schema/issues';

/** Whether data is what a schema asks for. */
export interface DataCheck {
  /** What is wrong with it: the field, what was expected, what came. Undefined when nothing is. */
  fault(data: unknown): string | undefined;
  /** With the defaults that the schema names filled in. */
  complete(data: unknown): unknown;
}

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
      const [issue] = issuesOf(validator.Errors(data), data);
      return issue === undefined ? 'data is not what the schema asks for' : `${['data', ...issue.loc].join('.')} ${inWords(issue)}`;
    },
  };
}
