import { request } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';

/* Asks with large bodies from a thread of its own, so that nothing of the client is done where the service is looked at. */

export interface LargeRequest {
  readonly url: string;
  readonly kind: 'rows' | 'json' | 'binary';
  readonly bytes: number;
}

export interface LargeResponse {
  readonly status: number;
  readonly bytes: number;
  readonly beginning: string;
}

/**
 * Few long numbers, and blanks: it is the bytes that are looked for, and where they are not read it makes no difference what they are. To read
 * them in one piece takes too long for others all the same.
 */
const NUMBER = `0.${'1234567890'.repeat(22)}`;

interface Made {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

function make({ kind, bytes }: LargeRequest): Made {
  if (kind === 'rows') {
    const row = `{${Array.from({ length: 8 }, (_, at) => `"x${at}":${NUMBER}`).join()}}`;
    const count = Math.floor((bytes - 20) / (row.length + 1));
    return { body: padded(`{"rows":[${Array(count).fill(row).join()}]}`, bytes), headers: { 'content-type': 'application/json' } };
  }
  if (kind === 'json') {
    const count = 50_000;
    const data = `${NUMBER},`.repeat(count).slice(0, -1);
    return { body: padded(`{"inputs":[{"name":"x","datatype":"FP32","shape":[${count},1],"data":[${data}]}]}`, bytes), headers: {} };
  }
  const count = Math.floor((bytes - 200) / 4);
  const input = { name: 'x', datatype: 'FP32', shape: [count, 1], parameters: { binary_data_size: count * 4 } };
  const json = padded(JSON.stringify({ inputs: [input], parameters: { binary_data_output: true } }), bytes - count * 4);
  return { body: Buffer.concat([json, Buffer.alloc(count * 4)]), headers: { 'inference-header-content-length': String(json.length) } };
}

/** JSON may have blanks behind it. */
const padded = (json: string, bytes: number): Buffer => Buffer.from(json.padEnd(bytes));

const send = (url: string, { body, headers }: Made): Promise<LargeResponse> =>
  new Promise((resolve, reject) => {
    const sending = request(url, { method: 'POST', headers: { ...headers, 'content-length': body.length } }, (answer) => {
      let [bytes, beginning] = [0, ''];
      answer.on('data', (chunk: Buffer) => {
        if (beginning.length < 100) beginning += chunk.toString('latin1', 0, 100);
        bytes += chunk.length;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, bytes, beginning }));
      answer.on('error', reject);
    });
    sending.on('error', reject);
    sending.end(body);
  });

const tell = (said: unknown): void => parentPort?.postMessage(said, []);

const requests = (workerData as readonly LargeRequest[]).map((one) => [one.url, make(one)] as const);
// From here on it is worth looking.
tell('ready');
parentPort?.once('message', () => {
  void Promise.all(requests.map(([url, made]) => send(url, made))).then(tell);
});
