import { CliError, messageOf } from '../../cli-error.ts';
import { badRow, LONGEST_ROW, type RowSource, type SourceRow } from './source-row.ts';

/** Objects one a line, one behind the other, or in one array: each is read when it is whole, so that the file may be of any size. */
export function jsonRows(name: string, text: AsyncIterable<string>): RowSource {
  return { kind: 'values', columns: undefined, batches: jsonBatches(name, text) };
}

async function* jsonBatches(name: string, text: AsyncIterable<string>): AsyncGenerator<readonly SourceRow[], void, void> {
  let [line, began, depth] = [1, 1, 0];
  let array: 'unknown' | 'none' | 'open' | 'closed' = 'unknown';
  let [isString, isEscaped] = [false, false];
  /** What came of a row in earlier pieces. */
  let earlier = '';
  for await (const piece of text) {
    const rows: SourceRow[] = [];
    let start = 0;
    for (let at = 0; at < piece.length; at++) {
      const character = piece[at] as string;
      if (character === '\n') line++;
      if (isString) {
        if (isEscaped) isEscaped = false;
        else if (character === '\\') isEscaped = true;
        else if (character === '"') isString = false;
      } else if (depth > 0) {
        if (character === '"') isString = true;
        else if (character === '{' || character === '[') depth++;
        else if ((character === '}' || character === ']') && --depth === 0) {
          rows.push(toRow(`${name}, line ${began}`, earlier + piece.slice(start, at + 1)));
          earlier = '';
        }
      } else if (character === '{' && array !== 'closed') {
        if (array === 'unknown') array = 'none';
        [depth, start, began] = [1, at, line];
      } else if (character === '[' && array === 'unknown') array = 'open';
      else if (character === ']' && array === 'open') array = 'closed';
      else if (!/\s/.test(character) && !(character === ',' && array === 'open'))
        throw badRow(`${name}, line ${line}`, `a row is an object, such as {"age": 31}, and "${character}" came.`);
    }
    if (depth > 0) earlier += piece.slice(start);
    if (earlier.length > LONGEST_ROW) throw badRow(`${name}, line ${began}`, 'the row that begins here does not end.');
    if (rows.length > 0) yield rows;
  }
  if (depth > 0) throw badRow(`${name}, line ${began}`, 'the row that begins here does not end.');
  if (array === 'open') throw new CliError(`${name} ends within its list of rows: "]" is missing.`);
}

function toRow(place: string, text: string): SourceRow {
  try {
    return { place, values: JSON.parse(text) as Record<string, unknown> };
  } catch (error) {
    throw badRow(place, `this is no JSON: ${messageOf(error)}.`);
  }
}
