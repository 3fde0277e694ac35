/** A name as it is written, taken apart as MLflow does it: at the first dot, wherever that is. */
export interface Name {
  /** What stands before the dot; absent without a dot. */
  readonly entity: string | undefined;
  readonly key: string;
}

export function splitName(written: string): Name {
  const dot = written.indexOf('.');
  if (dot === -1) return { entity: undefined, key: unquoteKey(written) };
  return { entity: trim(written.slice(0, dot), '`'), key: unquoteKey(written.slice(dot + 1)) };
}

/** What is written when all of it is in one pair of quotes: `"metrics.loss" DESC` orders by `metrics.loss`. */
export const unquoteName = (written: string): string => (/^(?:"[^"]*"|`[^`]*`)$/.test(written) ? written.slice(1, -1) : written);

/** A key without its quotes, and then without its backticks; what is between them is taken as it is. */
function unquoteKey(key: string): string {
  return trim(trimQuotes(key), '`');
}

/** A text without its quotes. There are no escapes. */
export const trimQuotes = (text: string): string => {
  const once = trim(text, "'");
  return once === text ? trim(text, '"') : once;
};

const trim = (text: string, quote: string): string =>
  text.length >= 2 && text.startsWith(quote) && text.endsWith(quote) ? text.slice(1, -1) : text;

const QUOTED = /"(?:""|\\"|[^"])*"|'(?:''|\\'|[^'])*'|`(?:``|[^`])*`/g;

/** Whether a name has slashes or dashes outside of quotes. */
export const isLoose = (written: string): boolean => /[-/]/.test(written) && /[-/]/.test(written.replaceAll(QUOTED, ''));

/** Whether a name has blanks outside of quotes. */
export const isSpaced = (written: string): boolean => /\s/.test(written) && /\s/.test(written.replaceAll(QUOTED, ''));
