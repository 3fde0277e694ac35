/** Sizes of hidden layers, of a list or of a text like 64,32 (which a search can choose). */
export const sizesOf = (given: readonly number[] | string): readonly number[] =>
  typeof given === 'string' ? given.split(/[,-]/).map(Number) : given;
