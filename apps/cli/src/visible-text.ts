// Control characters, and those that turn the direction of writing: none of them may reach a terminal from a log.
// oxlint-disable-next-line no-control-regex
const HIDDEN = /[\u0000-\u001F\u007F-\u009F\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/g;

/** Foreign text for a terminal: it can neither forge a line nor move the cursor. */
export const visibleText = (text: string): string => text.replace(HIDDEN, escape);

function escape(character: string): string {
  if (character === '\n') return String.raw`\n`;
  if (character === '\t') return ' ';
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
