/** As an attachment, never to be shown by a browser as a page of this server. RFC 6266 and 8187, in MLflow's form. */
export function attachment(fileName: string): string {
  // oxlint-disable-next-line no-control-regex -- all of ASCII
  if (!/[^\u0000-\u007f]/.test(fileName)) return `attachment; filename=${quoted(fileName)}`;
  // oxlint-disable-next-line no-control-regex -- all that is not ASCII
  const plain = fileName.normalize('NFKD').replaceAll(/[^\u0000-\u007f]/g, '') || 'download';
  return `attachment; filename=${quoted(plain)}; filename*=UTF-8''${percentEncoded(fileName)}`;
}

const quoted = (text: string): string => (/^[\w!#$%&'*+.^`|~-]+$/.test(text) ? text : `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`);

const percentEncoded = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replaceAll(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
