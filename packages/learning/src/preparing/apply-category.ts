import type { MatrixColumn, NumberColumn } from '#/matrix.ts';
import type { CategoryFeature } from '#/preparing/state.ts';
import { sharedFloats, sharedIntegers, type TextField } from '#/table.ts';

/** One column of categories; dense: a column of 0 and 1 for each. */
export function applyCategory(feature: CategoryFeature, { codes, words }: TextField, form: 'dense' | 'columns'): MatrixColumn[] {
  const { name, categories, missing, other } = feature;
  const known = new Map(feature.words.map((word, category) => [word, category]));
  const ofWords = Int32Array.from(words, (word) => (word === '' ? missing : (known.get(word) ?? other)));
  const result = sharedIntegers(codes.length);
  for (let row = 0; row < result.length; row++) {
    const code = codes[row] as number;
    result[row] = code < 0 ? missing : (ofWords[code] as number);
  }
  if (form === 'columns') return [{ kind: 'category', name, codes: result, categories }];
  const columns = categories.map((category): NumberColumn => ({
    kind: 'number',
    name: `${name}=${category}`,
    values: sharedFloats(codes.length),
  }));
  for (let row = 0; row < result.length; row++) {
    const column = columns[result[row] as number];
    if (column !== undefined) column.values[row] = 1;
  }
  return columns;
}

export function indicatorOfWords(name: string, { codes, words }: TextField): NumberColumn {
  const empty = words.indexOf('');
  const values = sharedFloats(codes.length);
  for (let row = 0; row < values.length; row++) {
    const code = codes[row] as number;
    values[row] = Number(code < 0 || code === empty);
  }
  return { kind: 'number', name, values };
}
