import { checkKey, checkLength, invalidParameter, LIMITS, mlflowError } from '@mlab/mlflow';
import { PROMPT_TEXT } from './prompt.ts';
import type { Tag } from './model.ts';

/** Characters of a description. MLflow's tables have room for 5,000, and most of its databases do not mind. */
const DESCRIPTION = 65_536;
const LARGEST_VERSION = 2_147_483_647;

export function checkDescription(description: string): void {
  checkLength('description', description, DESCRIPTION);
}

export function checkModelTag({ key, value }: Tag): void {
  checkKey('tag', key);
  checkLength('value', value, LIMITS.modelTagValue);
}

export function checkVersionTag({ key, value }: Tag): void {
  if (key === PROMPT_TEXT && value.length > LIMITS.modelTagValue)
    throw invalidParameter(`Prompt text exceeds max length of ${LIMITS.modelTagValue} characters.`);
  checkModelTag({ key, value });
}

/** A version as MLflow's clients write it: as a text. One that no version can have is NaN, and is not found. */
export function readVersion(text: string | undefined): number {
  const digits = /^\s*([+-]?\d+)\s*$/.exec(text ?? '')?.[1];
  if (digits === undefined) throw invalidParameter(`Parameter 'version' must be an integer, got '${(text ?? '').slice(0, 100)}'.`);
  const version = Number(digits);
  return version >= 1 && version <= LARGEST_VERSION ? version : Number.NaN;
}

export const noModel = (name: string): Error => mlflowError('RESOURCE_DOES_NOT_EXIST', `Registered Model with name=${name} not found`);

export const noVersion = (name: string, version: number | string): Error =>
  mlflowError('RESOURCE_DOES_NOT_EXIST', `Model Version (name=${name}, version=${String(version).slice(0, 100)}) not found`);

export const noAlias = (alias: string): Error => invalidParameter(`Registered model alias ${alias} not found.`);
