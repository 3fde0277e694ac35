/**
 * Characters that a terminal or a log reader may obey instead of show: C0 and C1 controls (newline, ESC, CSI),
 * the Unicode line separators, and the marks that reverse the direction of text.
 */
// oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
const OBEYED = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * Foreign text as one harmless line of at most `limit` UTF-16 units: what a log may hold of an input.
 * A longer text is cut and says how long it was.
 */
export function printable(text: string, limit: number): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}… (${text.length} in all)` : text;
  return cut.replace(OBEYED, escaped);
}
