import type { ByteRange, CallMeta, ForeignAnswer, ForeignRequest } from '@mlab/kernel';
import type { Artifacts, OpenedFile } from '#/artifacts/artifacts.ts';
import { noSuchArtifact } from '#/artifacts/artifacts.ts';
import type { ArtifactFile } from '#/store/artifact-files.ts';
import { attachment } from './content-disposition.ts';
import { readRange } from './byte-range.ts';

/** A file as an answer: whole, the range that is asked for, or nothing where the client has it already. */
export async function sendFile(artifacts: Artifacts, path: string, request: ForeignRequest, call: CallMeta): Promise<ForeignAnswer> {
  const { headers } = request;
  const asked = headers['if-none-match'];
  if (asked !== undefined) {
    const known = await artifacts.find(call, path);
    if (known === undefined) throw noSuchArtifact(path);
    if (names(asked, etagOf(known))) return notModified(known);
  }
  let range: Required<ByteRange> | 'nothing' | undefined;
  const opened = await artifacts.open(call, path, (file) => {
    const ifRange = headers['if-range'];
    range = ifRange === undefined || ifRange === etagOf(file) ? readRange(headers.range, file.size) : undefined;
    return range === 'nothing' ? undefined : range;
  });
  if (range === 'nothing') return behindEnd(opened);
  return answerWith(opened, range);
}

/** The file as it is, whatever was asked. */
function answerWith({ file, body }: OpenedFile, range: Required<ByteRange> | undefined): ForeignAnswer {
  const length = range === undefined ? file.size : range.end - range.start + 1;
  const part = range === undefined ? {} : { 'content-range': `bytes ${range.start}-${range.end}/${file.size}` };
  const headers = { ...describe(file), ...part, 'content-length': String(length) };
  return { status: range === undefined ? 200 : 206, contentType: file.contentType, headers, body };
}

function behindEnd({ file, body }: OpenedFile): ForeignAnswer {
  body.destroy();
  const message = `The range lies behind the end of the file, which has ${file.size} bytes.`;
  return {
    status: 416,
    contentType: 'application/json',
    headers: { 'content-range': `bytes */${file.size}` },
    body: JSON.stringify({ error_code: 'INVALID_PARAMETER_VALUE', message }),
  };
}

/** Its length is that of what it does not send. */
const notModified = (file: ArtifactFile): ForeignAnswer => ({
  status: 304,
  contentType: file.contentType,
  headers: { ...describe(file), 'content-length': String(file.size) },
  body: nothing(),
});

async function* nothing(): AsyncGenerator<Uint8Array, void, void> {}

const describe = (file: ArtifactFile) => ({
  'content-disposition': attachment(file.name),
  // Nobody shall take what a user has uploaded for a page of this server.
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-cache',
  'accept-ranges': 'bytes',
  etag: etagOf(file),
  'last-modified': new Date(file.modifiedMs).toUTCString(),
  'repr-digest': `sha-256=:${Buffer.from(file.sha256, 'hex').toString('base64')}:`,
});

const etagOf = ({ sha256 }: ArtifactFile): string => `"${sha256}"`;

const names = (header: string, etag: string): boolean =>
  header.trim() === '*' || header.split(',').some((each) => each.trim().replace(/^W\//, '') === etag);
