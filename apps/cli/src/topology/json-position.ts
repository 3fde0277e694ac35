import { messageOf } from '../cli-error.ts';

/** Where a text stops being JSON, for an editor: "line 3, column 5". */
export function jsonPosition(text: string, error: unknown): string {
  const stated = / at position (\d+)/.exec(messageOf(error))?.[1];
  const before = text.slice(0, stated === undefined ? firstUnexpected(text) : Number(stated));
  const line = before.split('\n').length;
  return `line ${line}, column ${before.length - before.lastIndexOf('\n')}`;
}

/** Of an unexpected character the engine tells no position: it is the last one of the shortest beginning that has one. */
function firstUnexpected(text: string): number {
  let good = 0;
  let bad = text.length + 1;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isUnexpected(text.slice(0, middle))) bad = middle;
    else good = middle;
  }
  return good;
}

function isUnexpected(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch (error) {
    return messageOf(error).startsWith('Unexpected token');
  }
}
