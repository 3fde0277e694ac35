/** A text as one word for the shell that people have here: those of Windows know no single quotes. */
export function shellQuote(text: string, platform: NodeJS.Platform = process.platform): string {
  if (/^[\w./:@=,+-]+$/.test(text)) return text;
  return platform === 'win32' ? `"${text.replaceAll('"', String.raw`\"`)}"` : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
