/** JSON texts of values, written as Python's `json.dumps(value, ensure_ascii=False)` writes them. */

const MAX_EMBEDDED_DEPTH = 64;
/** JSON takes up to forty times its length when it is parsed, so what is longer stays a text. */
export const MAX_PARSED = 4_194_304;
/** Escapes of NUL and of half a surrogate pair: PostgreSQL keeps them in JSON, and fails when somebody looks for what is around them. */
const UNKEPT = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/i;

export const quoted = (text: string): string => JSON.stringify(clean(text));

/** What no database keeps as text becomes U+FFFD. */
export function clean(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  return whole.includes('\0') ? whole.replaceAll('\0', '\ufffd') : whole;
}

/** A double keeps its point, so that it does not become a whole number. JSON has no word for those that are not finite. */
export function doubleText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '"NaN"' : value > 0 ? '"Infinity"' : '"-Infinity"';
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return Number.isInteger(value) && !text.includes('e') ? `${text}.0` : text;
}

/**
 * The value of an attribute that is a text. Producers write structures as JSON, because attributes can hold none; so a text that is an object,
 * a list or a quoted text counts as that, as in MLflow (`sanitize_attributes`).
 */
export function attributeText(value: string): string {
  if (value.length > MAX_PARSED || !/^[ \t\n\r]*["[{]/.test(value)) return quoted(value);
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return quoted(value);
  }
  if (UNKEPT.test(value) || value !== clean(value) || !isShallow(parsed, MAX_EMBEDDED_DEPTH)) return quoted(value);
  // Texts are written in one way, so that who looks for letters among them finds them.
  return typeof parsed === 'string' ? quoted(parsed) : value;
}

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  for (const item of Object.values(value)) if (!isShallow(item, depth - 1)) return false;
  return true;
}

/** An object of texts that are already JSON. */
export function objectText(members: Iterable<readonly [key: string, value: string]>): string {
  const parts: string[] = [];
  for (const [key, value] of members) parts.push(`${JSON.stringify(key)}: ${value}`);
  return `{${parts.join(', ')}}`;
}
