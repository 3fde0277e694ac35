import { CliError } from '../../cli-error.ts';
import { badRow, LONGEST_ROW, type RowSource, type SourceRow } from './source-row.ts';

interface DelimitedRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

const DELIMITERS = [',', ';', '\t', '|'] as const;

/** CSV with names in its first line (https://www.rfc-editor.org/rfc/rfc4180), delimited by what stands there most often unless it is said. */
export async function delimitedRows(name: string, text: AsyncIterable<string>, delimiter?: string): Promise<RowSource> {
  const records = delimitedRecords(name, text, delimiter)[Symbol.asyncIterator]();
  const first = await records.next();
  const [header, ...rest] = first.done === true ? [] : first.value;
  if (header === undefined) throw new CliError(`${name} is empty: its first line must have the names of the columns.`);
  const columns = header.cells;
  const twice = columns.find((column, index) => columns.indexOf(column) !== index);
  if (twice !== undefined) throw badRow(`${name}, line ${header.line}`, `two columns are called "${twice}".`);
  const toRow = ({ line, cells }: DelimitedRecord): SourceRow => {
    const place = `${name}, line ${line}`;
    if (cells.length !== columns.length)
      throw badRow(place, `there ${cells.length === 1 ? 'is 1 value' : `are ${cells.length} values`}, for ${columns.length} columns.`);
    return { place, values: Object.fromEntries(cells.map((cell, index) => [columns[index] as string, cell])) };
  };
  async function* batches(): AsyncGenerator<readonly SourceRow[], void, void> {
    yield rest.map(toRow);
    for (;;) {
      const next = await records.next();
      if (next.done === true) return;
      yield next.value.map(toRow);
    }
  }
  return { kind: 'cells', columns, batches: batches() };
}

/** What has ended within each piece of the text. The first piece that is not empty begins with the first record. */
async function* delimitedRecords(
  name: string,
  text: AsyncIterable<string>,
  said: string | undefined,
): AsyncGenerator<readonly DelimitedRecord[], void, void> {
  let delimiter = said;
  let records: DelimitedRecord[] = [];
  let cells: string[] = [];
  let cell = '';
  let [line, began, length] = [1, 1, 0];
  let state: 'start' | 'plain' | 'quoted' | 'closed' = 'start';
  let wasReturn = false;
  let plain: RegExp | undefined;
  const endCell = (): void => {
    cells.push(cell);
    cell = '';
    state = 'start';
  };
  const endRecord = (): void => {
    endCell();
    // An empty line is none.
    if (cells.length > 1 || cells[0] !== '') records.push({ line: began, cells });
    cells = [];
    length = 0;
  };
  for await (const piece of firstLineWhole(text)) {
    delimiter ??= likeliestDelimiter(piece);
    plain ??= new RegExp(String.raw`[^"\r\n${RegExp.escape(delimiter)}]+`, 'y');
    for (let at = 0; at < piece.length;) {
      if (length > LONGEST_ROW) throw badRow(`${name}, line ${began}`, 'the row that begins here does not end; is a quote missing?');
      const run = state === 'closed' ? undefined : runAt(state === 'quoted' ? QUOTED : plain, piece, at);
      if (run !== undefined) {
        cell += run;
        at += run.length;
        length += run.length;
        wasReturn = false;
        if (state === 'start') state = 'plain';
        if (state === 'quoted') line += run.split('\n').length - 1;
        continue;
      }
      const character = piece[at++] as string;
      length++;
      const isFeed = character === '\n';
      const endsReturn = wasReturn && isFeed;
      wasReturn = character === '\r';
      if (isFeed && !endsReturn) line++;
      if (wasReturn) line++;
      if (state === 'quoted') state = 'closed';
      else if (isFeed || wasReturn) {
        if (!endsReturn) endRecord();
        began = line;
        continue;
      } else if (character === delimiter) endCell();
      else if (character === '"' && state === 'start') state = 'quoted';
      else if (character === '"' && state === 'closed') {
        cell += '"';
        state = 'quoted';
      } else if (state === 'closed') throw badRow(`${name}, line ${line}`, `behind the quote that ends a value comes "${character}".`);
      else {
        cell += character;
        state = 'plain';
      }
    }
    if (records.length > 0) yield records;
    records = [];
  }
  // The last line needs no end.
  const isQuoted = (state as string) === 'quoted';
  if (isQuoted) throw badRow(`${name}, line ${began}`, 'the quote that begins in this row does not end.');
  endRecord();
  if (records.length > 0) yield records;
}

/** What a quoted value has up to its next quote. */
const QUOTED = /[^"]+/y;

/** What matches from a place on: many characters at once, for files are long. */
function runAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** Pieces of a text, the first of them with the whole first line. */
async function* firstLineWhole(text: AsyncIterable<string>): AsyncGenerator<string, void, void> {
  let first: string | undefined = '';
  for await (const piece of text) {
    if (first === undefined) yield piece;
    else {
      first += piece;
      if (!/[\r\n]/.test(piece) && first.length < LONGEST_ROW) continue;
      yield first;
      first = undefined;
    }
  }
  if (first !== undefined) yield first;
}

function likeliestDelimiter(text: string): string {
  const line = text.slice(0, text.search(/[\r\n]|$/)).replaceAll(/"[^"]*"/g, '');
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ',';
}
