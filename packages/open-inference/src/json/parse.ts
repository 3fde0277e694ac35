import { isUtf8 } from 'node:buffer';
import { AppError } from '@mlab/kernel/errors';

/** The longest integers of 64 bits, with a sign. */
const LONGEST_INTEGER = 20;

/**
 * The JSON of a request. Integers that a double does not hold come as bigint where the request has a tensor of 64-bit integers. NaN and Infinity,
 * which JSON does not have and Python writes all the same, are taken: NaN as null, which a reader of floats takes back as NaN.
 */
export function parseJson(bytes: Buffer): unknown {
  const text = bytes.toString('utf8');
  if (text.includes('\ufffd') && !isUtf8(bytes)) throw new AppError('malformed', 'The request is not JSON: it is not UTF-8.');
  try {
    return parse(text);
  } catch (error) {
    const plain = withoutPythonNumbers(text);
    if (plain !== undefined) return parseJson(Buffer.from(plain));
    const why = error instanceof SyntaxError ? error.message : 'it is nested too deep';
    throw new AppError('malformed', `The request is not JSON that can be read: ${why.slice(0, 200)}.`);
  }
}

const parse = (text: string): unknown =>
  text.includes('INT64') && /[[,:\s]-?\d{16}/.test(text) ? (JSON.parse as ParseWithSource)(text, exact) : JSON.parse(text);

/** https://github.com/tc39/proposal-json-parse-with-source */
type ParseWithSource = (text: string, reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown) => unknown;

function exact(_key: string, value: unknown, { source }: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  return source !== undefined && source.length <= LONGEST_INTEGER && /^-?\d+$/.test(source) ? BigInt(source) : value;
}

/** Only outside of strings; `undefined` where there is none. In one walk, however the quotes of a text that is no JSON stand. */
function withoutPythonNumbers(text: string): string | undefined {
  if (!/NaN|Infinity/.test(text)) return undefined;
  let plain = '';
  for (let at = 0; at < text.length;) {
    const begin = indexOr(text, '"', at);
    plain += text
      .slice(at, begin)
      .replace(/\bNaN\b/g, 'null')
      .replace(/\bInfinity\b/g, '1e999');
    at = endOfString(text, begin);
    plain += text.slice(begin, at);
  }
  return plain === text ? undefined : plain;
}

function endOfString(text: string, begin: number): number {
  for (let quote = begin; ;) {
    quote = indexOr(text, '"', quote + 1);
    if (quote >= text.length) return text.length;
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
}

/** Where it stands next, or the end. */
function indexOr(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at < 0 ? text.length : at;
}
