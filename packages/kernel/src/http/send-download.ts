import type { ServerResponse } from 'node:http';
import type { Call } from '#/call.ts';
import type { Download } from '#/contract.ts';
import { AppError } from '#/errors.ts';
import { noteEventStream } from '#/http/event-streams.ts';
import { closeWhenDraining } from '#/http/respond.ts';
import { Outflow } from '#/outflow.ts';

export interface SendOptions {
  readonly call: Call;
  /** Of the service, for the sentence when it takes too long. */
  readonly label: string;
  readonly headers: Readonly<Record<string, string>> | undefined;
  /** Nothing has been sent yet: the error can be answered. */
  readonly refuse: (error: AppError) => void;
  /** Told once, with the error that broke the connection if one did. */
  readonly ended: (bytes: number, error: AppError | undefined) => void;
}

/** Bytes on their way out, and what is said of them. */
export interface Outgoing {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Sends a download as fast as it is read. Its status is known with its first chunk, so that an error before it is answered as such. */
export async function sendDownload(raw: ServerResponse, outgoing: Outgoing, options: SendOptions): Promise<void> {
  const { call, label, headers, refuse, ended } = options;
  const outflow = new Outflow(outgoing.body, call, label, () => {
    if (raw.headersSent) raw.destroy();
  });
  raw.once('close', () => outflow.stop(clientGone()));
  try {
    let chunk = await outflow.next();
    closeWhenDraining(raw);
    raw.writeHead(outgoing.status, { ...headers, ...outgoing.headers });
    noteEventStream(raw, outgoing.headers['content-type']);
    for (; chunk !== undefined; chunk = await outflow.next()) if (!raw.write(chunk)) await event(raw, 'drain');
    raw.end();
    if (!raw.writableFinished) await event(raw, 'finish');
    if (!raw.writableFinished) await outflow.next();
    outflow.close();
    ended(outflow.bytes, undefined);
  } catch (error) {
    outflow.close();
    if (!raw.headersSent) return refuse(AppError.from(error));
    raw.destroy();
    ended(outflow.bytes, AppError.from(error));
  }
}

const clientGone = (): AppError => new AppError('cancelled', 'The client closed the connection before it had the whole download.');

/** Resolves too when the connection closes: then the outflow says why. */
function event(raw: ServerResponse, name: 'drain' | 'finish'): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      raw.off(name, done);
      raw.off('close', done);
      resolve();
    };
    raw.on(name, done);
    raw.on('close', done);
  });
}

/** What is said of a download of the service's own contract. */
export function describeDownload({ contentType, fileName }: Download): Readonly<Record<string, string>> {
  const events = contentType.startsWith('text/event-stream');
  const headers = {
    'content-type': contentType,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    // A proxy that collected events would deliver them when they are old.
    ...(events ? { 'x-accel-buffering': 'no' } : {}),
  };
  if (fileName === undefined) return headers;
  const plain = fileName.replace(/[^\w. -]/g, '_');
  return { ...headers, 'content-disposition': `attachment; filename="${plain}"; filename*=UTF-8''${percentEncode(fileName)}` };
}

/** https://www.rfc-editor.org/rfc/rfc8187#section-3.2 */
function percentEncode(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
