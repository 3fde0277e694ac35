import { AppError } from '@mlab/kernel';
import type { ModelRef } from '#/domain/served-model.ts';

const GREATEST = 2_147_483_647;

/** What stands in the place of a version may be its number or an alias that names it. Nothing: the version that answers by default. */
export function whichModel(model: string, version: string | undefined): ModelRef {
  if (version === undefined || version === '') return { model };
  if (!/^\d+$/.test(version)) return { model, alias: version };
  if (Number(version) > GREATEST) throw new AppError('not_found', `${model} has no version ${version.slice(0, 80)}.`);
  return { model, version: Number(version) };
}
