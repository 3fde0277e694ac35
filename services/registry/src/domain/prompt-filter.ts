import type { Comparison, Filter } from '@mlab/mlflow';
import { IS_PROMPT } from './prompt.ts';

export interface PromptFilter {
  /** Whether it is prompts that are looked for; else they are left out. */
  readonly prompts: boolean;
  readonly filter: Filter | undefined;
}

/**
 * MLflow leaves prompts out of every search that does not ask for them, and then pays no regard to what else is said of their tag: models have
 * no such tag. The first comparison of the tag decides, as there.
 */
export function readPrompts(filter: Filter | undefined): PromptFilter {
  if (filter !== undefined && (firstAsks(filter, true) ?? false)) return { prompts: true, filter };
  return { prompts: false, filter: filter && without(filter) };
}

/** Whether the first comparison of the tag asks for prompts; undefined: there is none. `plainly`: not behind an odd number of NOTs. */
function firstAsks(filter: Filter, plainly: boolean): boolean | undefined {
  switch (filter.kind) {
    case 'compare':
      return isAboutPrompts(filter) ? asks(filter) === plainly : undefined;
    case 'not':
      return firstAsks(filter.part, !plainly);
    case 'and':
    case 'or':
      for (const part of filter.parts) {
        const answer = firstAsks(part, plainly);
        if (answer !== undefined) return answer;
      }
      return undefined;
  }
}

const isAboutPrompts = ({ entity, key }: Comparison): boolean => entity === 'tag' && key === IS_PROMPT;

function asks({ operator, value }: Comparison): boolean {
  const text = String(value).toLowerCase();
  return (operator === '=' && text === 'true') || (operator === '!=' && text === 'false');
}

/** Without the comparisons of the tag that must hold together with all else. */
function without(filter: Filter): Filter | undefined {
  if (filter.kind === 'compare') return isAboutPrompts(filter) ? undefined : filter;
  if (filter.kind !== 'and') return filter;
  const parts = filter.parts.map(without).filter((part) => part !== undefined);
  return parts.length > 1 ? { kind: 'and', parts } : parts[0];
}
