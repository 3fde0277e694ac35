import { openRows } from '../predict/rows/open-rows.ts';
import { visibleText } from '../visible-text.ts';

const SHOWN = 3;

/** Of each column of a file: its range where all values are numbers or times, else its most frequent values and how often each is there. */
export async function columnValues(file: string): Promise<(column: string, type: string) => string> {
  const counts = new Map<string, Map<string, number>>();
  const { batches } = await openRows(file, emptyInput(), undefined);
  for await (const batch of batches)
    for (const { values } of batch)
      for (const [name, value] of Object.entries(values)) {
        if (value === null || value === '') continue;
        const column = counts.get(name) ?? new Map<string, number>();
        counts.set(name, column);
        const text = typeof value === 'string' ? value : JSON.stringify(value);
        column.set(text, (column.get(text) ?? 0) + 1);
      }
  return (name, type) => {
    const values = [...(counts.get(name) ?? [])];
    const numbers = values.map(([text]) => Number(text));
    if (numbers.length > 0 && numbers.every((value) => Number.isFinite(value))) {
      // Not by spreading: there may be more values than a call takes arguments.
      const [low, high] = numbers.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);
      return `${rounded(low)} … ${rounded(high)}`;
    }
    // Of the forms that these files have, the least text is the earliest time.
    if (type === 'time') {
      const times = values.map(([text]) => text).toSorted();
      return `${times[0] ?? ''} … ${times.at(-1) ?? ''}`;
    }
    const often = values.toSorted(([, a], [, b]) => b - a);
    const shown = often.slice(0, SHOWN).map(([text, count]) => `${visibleText(text)} ${count}`);
    return `${shown.join(', ')}${often.length > SHOWN ? `, and ${often.length - SHOWN} more` : ''}`;
  };
}

const rounded = (value: number): string => String(Number(value.toPrecision(6)));

async function* emptyInput(): AsyncGenerator<Uint8Array, void, void> {}
