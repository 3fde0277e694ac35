import type { CallMeta, ForeignAnswer, ForeignRequest } from '@mlab/kernel';

/** A handler for each of these routes. */
export type HandlersFor<R> = {
  readonly [K in keyof R]: (request: ForeignRequest, call: CallMeta) => Promise<ForeignAnswer> | ForeignAnswer;
};
