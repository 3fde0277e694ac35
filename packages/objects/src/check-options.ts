import { AppError, type ByteRange, type ListQuery, type PutOptions } from '@mlab/kernel';

const MAX_PAGE = 1000;

/** Parameters included. It becomes a header, so it is one line of ASCII. */
const MEDIA_TYPE = /^[\w!#$%&'*+.^`|~-]{1,100}\/[\w!#$%&'*+.^`|~-]{1,100}(?:;[ -~]{0,300}[!-~])?$/;

export function checkPutOptions({ contentType, sha256, maxBytes }: PutOptions): void {
  if (contentType !== undefined && !MEDIA_TYPE.test(contentType))
    throw refused('contentType', 'A content type is a media type such as text/csv.', contentType);
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/.test(sha256))
    throw refused('sha256', 'A SHA-256 checksum is 64 digits of lower-case hexadecimal.', sha256);
  if (maxBytes !== undefined && !isCount(maxBytes))
    throw refused('maxBytes', 'A limit in bytes is a whole number of at least 0.', maxBytes);
}

export function checkRange({ start, end }: ByteRange): void {
  if (!isCount(start)) throw refused('range', 'A range begins at a whole number of at least 0.', start);
  if (end !== undefined && !(isCount(end) && end >= start)) throw refused('range', `A range from ${start} cannot end at ${end}.`, end);
}

export type Page = Required<Omit<ListQuery, 'signal'>> & Pick<ListQuery, 'signal'>;

/** The query with its defaults. */
export function checkListQuery({ prefix = '', after = '', limit = MAX_PAGE, signal }: ListQuery): Page {
  if (!isCount(limit) || limit < 1 || limit > MAX_PAGE) throw refused('limit', `A page has from 1 to ${MAX_PAGE} objects.`, limit);
  for (const [name, text] of Object.entries({ prefix, after })) {
    // Half a surrogate pair would turn into another character on its way to a store, and match what it should not.
    if (typeof text !== 'string' || !text.isWellFormed() || /\p{Cc}/u.test(text))
      throw refused(name, `The ${name} of a list is text without control characters.`, text);
  }
  return signal === undefined ? { prefix, after, limit } : { prefix, after, limit, signal };
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

const refused = (name: string, msg: string, input: unknown): AppError =>
  new AppError('invalid', msg, { issues: [{ type: 'value_error', loc: [name], msg, input }] });
