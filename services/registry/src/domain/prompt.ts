import type { Tag } from './model.ts';

/** MLflow keeps its prompts as models with this tag. */
export const IS_PROMPT = 'mlflow.prompt.is_prompt';
export const PROMPT_TEXT = 'mlflow.prompt.text';
export const PROMPT_TYPE = '_mlflow_prompt_type';

/** What MLflow's clients give as the source of a prompt, which has none. */
export const PROMPT_SOURCES: readonly string[] = ['dummy-source', 'prompt-template'];

export function isPrompt(tags: readonly Tag[]): boolean {
  return tags.findLast(({ key }) => key === IS_PROMPT)?.value.toLowerCase() === 'true';
}
