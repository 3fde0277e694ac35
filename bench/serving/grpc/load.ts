/** `node load.ts <host:port> <model> <connections> <seconds>`: the row in ROW is asked for over gRPC; 0 seconds: once. Prints JSON. */
import { connect, type ClientHttp2Session } from 'node:http2';
import { inferRequest, outputOf } from './message.ts';

const [address = '', model = '', connections = '1', seconds = '0'] = process.argv.slice(2);
const message = inferRequest(model, JSON.parse(process.env['ROW'] ?? '[]') as number[]);
const HEADERS = {
  ':method': 'POST',
  ':path': '/inference.GRPCInferenceService/ModelInfer',
  'content-type': 'application/grpc',
  te: 'trailers',
};

function ask(session: ClientHttp2Session): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const request = session.request(HEADERS);
    const chunks: Buffer[] = [];
    let status: unknown;
    const read = (headers: object): void => void (status = (headers as { 'grpc-status'?: string })['grpc-status'] ?? status);
    request.on('response', read).on('trailers', read);
    request.on('data', (chunk: Buffer) => void chunks.push(chunk)).once('error', reject);
    request.once('close', () => (status === '0' ? resolve(Buffer.concat(chunks)) : reject(new Error(`gRPC answered ${String(status)}`))));
    request.end(message);
  });
}

const sessions = Array.from({ length: Number(connections) }, () => connect(`http://${address}`));
const [first] = sessions;
if (Number(seconds) === 0 && first !== undefined)
  console.log(JSON.stringify({ probabilities: outputOf(await ask(first), 'probabilities') }));
else await load();
for (const session of sessions) session.close();

async function load(): Promise<void> {
  const times: number[] = [];
  let failures = 0;
  const began = performance.now();
  const end = began + Number(seconds) * 1000;
  const askOn = async (session: ClientHttp2Session): Promise<void> => {
    while (performance.now() < end) {
      const started = performance.now();
      await ask(session).catch(() => failures++);
      times.push(performance.now() - started);
    }
  };
  await Promise.all(sessions.map(askOn));
  const lasted = (performance.now() - began) / 1000;
  const sorted = Float64Array.from(times).toSorted();
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  console.log(JSON.stringify({ requests: times.length, perSecond: times.length / lasted, p50: at(0.5), p99: at(0.99), failures }));
}
