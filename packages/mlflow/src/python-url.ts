/** The parts of `urllib.parse` that MLflow's check of paths goes through, as Python 3.11 has them. */

const C0_OR_SPACE = /^[\u0000-\u0020]+/; // oxlint-disable-line no-control-regex -- they are what is taken away
const SCHEME = /^[a-zA-Z][a-zA-Z0-9+.-]*(?=:)/;
const USES_NETLOC = new Set(
  'ftp http gopher nntp telnet imap wais file mms https shttp snews prospero rtsp rtsps rtspu rsync svn svn+ssh sftp nfs git git+ssh ws wss'.split(
    ' ',
  ),
);
const USES_PARAMS = new Set(['', ...'ftp hdl prospero http imap https shttp rtsp rtsps rtspu sip sips mms sftp tel'.split(' ')]);

/** `unquote`: bytes that are no UTF-8 become replacement characters. */
export function unquote(text: string): string {
  return text.replaceAll(/(?:%[0-9a-fA-F]{2})+/g, (escapes) => Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8'));
}

/** `urlunparse(urlparse(url))`, which drops what is empty; `undefined` where Python raises a ValueError. */
export function normalizeUrl(url: string): string | undefined {
  let rest = url.replace(C0_OR_SPACE, '').replaceAll(/[\t\r\n]/g, '');
  const scheme = SCHEME.exec(rest)?.[0] ?? '';
  if (scheme !== '') rest = rest.slice(scheme.length + 1);
  let netloc = '';
  if (rest.startsWith('//')) {
    const end = rest.slice(2).search(/[/?#]/);
    netloc = end === -1 ? rest.slice(2) : rest.slice(2, end + 2);
    rest = end === -1 ? '' : rest.slice(end + 2);
    if (!isHost(netloc)) return undefined;
  }
  const lower = scheme.toLowerCase();
  const [beforeFragment, fragment] = cutAt(rest, '#');
  const [beforeQuery, query] = cutAt(beforeFragment, '?');
  const [path, parameters] = USES_PARAMS.has(lower) ? splitParameters(beforeQuery) : [beforeQuery, ''];
  let result = parameters === '' ? path : `${path};${parameters}`;
  if (netloc !== '' || (USES_NETLOC.has(lower) && !result.startsWith('//'))) {
    if (result !== '' && !result.startsWith('/')) result = `/${result}`;
    result = `//${netloc}${result}`;
  }
  if (lower !== '') result = `${lower}:${result}`;
  if (query !== '') result += `?${query}`;
  return fragment === '' ? result : `${result}#${fragment}`;
}

/** Python looks closer at brackets, which no artifact has; and no compatibility form may bring a separator in: `℀` is `a/c`. */
function isHost(netloc: string): boolean {
  if (/[[\]]/.test(netloc)) return false;
  const bare = netloc.replaceAll(/[@:#?]/g, '');
  const normal = bare.normalize('NFKC');
  return bare === normal || !/[/?#@:]/.test(normal);
}

function cutAt(text: string, separator: string): readonly [before: string, behind: string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** What stands behind the first `;` of the last part. */
function splitParameters(path: string): readonly [path: string, parameters: string] {
  const at = path.indexOf(';', Math.max(path.lastIndexOf('/'), 0));
  return at === -1 ? [path, ''] : [path.slice(0, at), path.slice(at + 1)];
}
