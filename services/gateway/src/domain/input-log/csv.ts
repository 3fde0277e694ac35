/** https://www.rfc-editor.org/rfc/rfc4180: lines end with CRLF; what holds a quote, a comma or a line's end stands in quotes. */
export function csvLine(cells: readonly (string | number | undefined)[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

function cell(value: string | number | undefined): string {
  if (typeof value !== 'string') return value === undefined ? '' : String(value);
  return /[",\r\n]/.test(value) || value !== value.trim() ? `"${value.replaceAll('"', '""')}"` : value;
}

/**
 * A text that a spreadsheet does not take for a formula: inputs come from strangers, and `=HYPERLINK(…)` would run at who opens the file.
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
export const harmless = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
