import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32 } from 'node:zlib';
import { whole } from './sources.ts';

/**
 * As much of S3 as the store uses, in memory, after the reference of AWS. What s3rver does not have is why it is here: conditions, copies
 * of parts, lists in the order of bytes, and answers that go wrong when a test says so.
 */
export interface S3Server extends AsyncDisposable {
  readonly url: string;
  readonly objects: Map<string, Stored>;
  readonly uploads: Map<string, Upload>;
  /** What was asked, as `PUT key?query`. */
  readonly requests: string[];
  /** Requests that are not answered to their end. */
  readonly underWay: Set<ServerResponse>;
  /** Decides before a request is served. */
  fault: (request: Asked) => Fault | undefined;
  ignoresConditions: boolean;
}

export interface Asked {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
}

/** `deaf` serves the request and closes the connection instead of answering; `cut` breaks off in the middle of a body. */
export type Fault = 'hang' | 'reset' | 'deaf' | 'cut' | { readonly status: number; readonly code: string };

interface Stored {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly modified: Date;
}

interface Upload {
  readonly key: string;
  readonly headers: Stored['headers'];
  readonly initiated: Date;
  readonly parts: Map<number, Buffer>;
}

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, code: string) {
    super(code);
    this.status = status;
  }
}

const xml = (text: string): string => text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
/** Any word that goes with the bytes: clients are told not to look into it. */
const etagOf = (bytes: Uint8Array): string => `"${crc32(bytes)}-${bytes.length}"`;

export async function startS3Server(bucket: string): Promise<S3Server> {
  const objects = new Map<string, Stored>();
  const uploads = new Map<string, Upload>();
  const requests: string[] = [];
  const underWay = new Set<ServerResponse>();

  const http = createServer((request, response) => {
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
    serve(request, response).catch((error: unknown) => {
      const [status, code] = error instanceof Refusal ? [error.status, error.message] : [500, String(error)];
      response.writeHead(status, { 'content-type': 'application/xml' });
      response.end(request.method === 'HEAD' ? undefined : `<Error><Code>${xml(code)}</Code><Message>${xml(code)}</Message></Error>`);
    });
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? '', 'http://s3');
    const [, name = '', ...parts] = pathname.split('/').map(decodeURIComponent);
    const key = parts.join('/');
    const method = request.method ?? '';
    requests.push(`${method} ${key}${query.size === 0 ? '' : `?${query.toString()}`}`);
    const fault = server.fault({ method, key, query });
    if (fault === 'hang') return;
    if (fault === 'reset') return void request.socket.destroy();
    if (typeof fault === 'object') throw new Refusal(fault.status, fault.code);
    if (name !== bucket) throw new Refusal(404, 'NoSuchBucket');
    const body = await whole(request);
    const signed = request.headers['x-amz-content-sha256'];
    if (signed !== 'UNSIGNED-PAYLOAD' && signed !== createHash('sha256').update(body).digest('hex'))
      throw new Refusal(400, 'XAmzContentSHA256Mismatch');
    const { status = 200, headers = {}, content = '' } = answer(method, key, query, request.headers, body);
    if (fault === 'deaf') return void request.socket.destroy();
    response.writeHead(status, { 'content-length': Buffer.byteLength(content), ...headers });
    if (fault === 'cut') return void response.write(content.slice(0, content.length / 2), () => request.socket.destroy());
    response.end(method === 'HEAD' ? undefined : content);
  }

  interface Answer {
    readonly status?: number;
    readonly headers?: Record<string, string | number>;
    readonly content?: string | Buffer;
  }

  function answer(method: string, key: string, query: URLSearchParams, headers: IncomingMessage['headers'], body: Buffer): Answer {
    if (key === '') return query.has('uploads') ? listUploads(query) : query.has('list-type') ? list(query) : {};
    const upload = uploads.get(query.get('uploadId') ?? '');
    if (query.has('uploadId') && upload === undefined) throw new Refusal(404, 'NoSuchUpload');
    if (method === 'POST' && query.has('uploads')) {
      const id = randomUUID();
      uploads.set(id, { key, headers: kept(headers), initiated: new Date(), parts: new Map() });
      return { content: `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>` };
    }
    if (method === 'POST' && upload !== undefined) return complete(key, query.get('uploadId') ?? '', upload, headers, body.toString());
    if (method === 'PUT') {
      const source = copySource(headers);
      const bytes = source ?? body;
      const etag = etagOf(bytes);
      if (upload !== undefined) upload.parts.set(Number(query.get('partNumber')), bytes);
      else store(key, bytes, kept(headers), headers['if-none-match']);
      const result = upload === undefined ? 'CopyObjectResult' : 'CopyPartResult';
      return { headers: { etag }, ...(source === undefined ? {} : { content: `<${result}><ETag>${xml(etag)}</ETag></${result}>` }) };
    }
    if (method === 'DELETE') {
      if (upload === undefined) objects.delete(key);
      else uploads.delete(query.get('uploadId') ?? '');
      return { status: 204 };
    }
    return get(key, headers['range']);
  }

  function get(key: string, range: string | undefined): Answer {
    const found = objects.get(key);
    if (found === undefined) throw new Refusal(404, 'NoSuchKey');
    const { bytes, headers } = found;
    const [, from = '', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
    if (from === '') return { headers: { ...headers, 'content-length': bytes.length }, content: bytes };
    if (Number(from) >= bytes.length) throw new Refusal(416, 'InvalidRange');
    const end = Math.min(to === '' ? Infinity : Number(to), bytes.length - 1);
    const content = bytes.subarray(Number(from), end + 1);
    return { status: 206, headers: { ...headers, 'content-range': `bytes ${from}-${end}/${bytes.length}` }, content };
  }

  function store(key: string, bytes: Buffer, headers: Stored['headers'], condition: string | undefined): void {
    if (condition === '*' && !server.ignoresConditions && objects.has(key)) throw new Refusal(412, 'PreconditionFailed');
    objects.set(key, { bytes, headers, modified: new Date() });
  }

  function complete(key: string, id: string, upload: Upload, headers: IncomingMessage['headers'], body: string): Answer {
    const numbers = [...body.matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map(([, number]) => Number(number));
    const parts = numbers.map((number) => upload.parts.get(number) ?? Buffer.alloc(0));
    if (parts.slice(0, -1).some(({ length }) => length < 5 * 1024 * 1024)) throw new Refusal(400, 'EntityTooSmall');
    store(key, Buffer.concat(parts), upload.headers, headers['if-none-match']);
    uploads.delete(id);
    return { content: `<CompleteMultipartUploadResult><Key>${xml(key)}</Key></CompleteMultipartUploadResult>` };
  }

  function copySource(headers: IncomingMessage['headers']): Buffer | undefined {
    const source = headers['x-amz-copy-source'];
    if (source === undefined) return undefined;
    const [, from = '0', to = ''] = /^bytes=(\d+)-(\d+)$/.exec(String(headers['x-amz-copy-source-range'] ?? '')) ?? [];
    const key = decodeURIComponent(String(source)).slice(bucket.length + 1);
    const found = objects.get(key);
    if (found === undefined) throw new Refusal(404, 'NoSuchKey');
    return found.bytes.subarray(Number(from), to === '' ? undefined : Number(to) + 1);
  }

  function list(query: URLSearchParams): Answer {
    const prefix = query.get('prefix') ?? '';
    const after = Buffer.from(query.get('start-after') ?? '');
    const limit = Number(query.get('max-keys') ?? 1000);
    const keys = [...objects.keys()]
      .filter((key) => key.startsWith(prefix) && Buffer.compare(Buffer.from(key), after) > 0)
      .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const items = keys.slice(0, limit).map((key) => {
      const { bytes, modified } = objects.get(key) as Stored;
      return `<Contents><Key>${xml(key)}</Key><Size>${bytes.length}</Size><LastModified>${modified.toISOString()}</LastModified></Contents>`;
    });
    return { content: `<ListBucketResult><IsTruncated>${keys.length > limit}</IsTruncated>${items.join('')}</ListBucketResult>` };
  }

  function listUploads(query: URLSearchParams): Answer {
    const items = [...uploads].filter(([, { key }]) => key.startsWith(query.get('prefix') ?? ''));
    const entries = items.map(
      ([id, { key, initiated }]) =>
        `<Upload><Key>${xml(key)}</Key><UploadId>${id}</UploadId><Initiated>${initiated.toISOString()}</Initiated></Upload>`,
    );
    return { content: `<ListMultipartUploadsResult>${entries.join('')}</ListMultipartUploadsResult>` };
  }

  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve);
  });
  const server: S3Server = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    objects,
    uploads,
    requests,
    underWay,
    fault: () => undefined,
    ignoresConditions: false,
    [Symbol.asyncDispose]: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => {
        http.close(resolve);
      });
    },
  };
  return server;
}

const kept = (headers: IncomingMessage['headers']): Stored['headers'] =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name === 'content-type' || name.startsWith('x-amz-meta-') ? [[name, String(value)]] : [],
    ),
  );
