/** A number that nobody writes; it stands for `NaN` until the reviver sees it. */
const NAN = '-0.0e-999990';
/** Too large for a double, so `JSON.parse` makes it infinite. */
const INFINITY = '9e99999';
const MAX_DEPTH = 512;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const WORD_CHARACTER = /[\w.$]/;
const NOT_FINITE = /NaN|-?Infinity/y;

/**
 * Reads JSON in which `NaN`, `Infinity` and `-Infinity` stand bare, as Python writes them. `undefined` when it is not even that. Only called
 * when `JSON.parse` has refused a text, so it may take its time.
 */
export function parseLenientJson(text: string): unknown {
  const repaired = repair(text);
  if (repaired === undefined) return undefined;
  try {
    return JSON.parse(repaired, (_key, value: unknown, context?: { readonly source?: string }) =>
      context?.source === NAN ? Number.NaN : value,
    );
  } catch {
    return undefined;
  }
}

/** The text with numbers in place of those words; `undefined` when there are none, or when it is too deep for a reader that recurses. */
function repair(text: string): string | undefined {
  const parts: string[] = [];
  let copied = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth > MAX_DEPTH) return undefined;
    } else if (code === 0x7d || code === 0x5d) {
      depth--;
    } else if (code === 0x4e || code === 0x49 || code === 0x2d) {
      const word = wordAt(text, at);
      if (word === undefined) continue;
      parts.push(text.slice(copied, at), word === 'NaN' ? NAN : word.replace('Infinity', INFINITY));
      at += word.length - 1;
      copied = at + 1;
    }
  }
  return copied === 0 ? undefined : parts.join('') + text.slice(copied);
}

/** Where the quote stands that ends a string, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at;
  }
  return text.length;
}

/** `NaN`, `Infinity` or `-Infinity`, if it stands here and is not part of another word. */
function wordAt(text: string, at: number): string | undefined {
  NOT_FINITE.lastIndex = at;
  const word = NOT_FINITE.exec(text)?.[0];
  if (word === undefined || WORD_CHARACTER.test(text.charAt(at - 1)) || WORD_CHARACTER.test(text.charAt(at + word.length)))
    return undefined;
  return word;
}
