/**
 * The yardstick: `node:http` alone, which reads the question's JSON, asks the model and writes the answer's JSON. No validation, log,
 * metrics, deadline, trace or limit. BACKEND says who computes: our compiled scorer, or ONNX Runtime on the thread of the event loop.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { compile, readModel } from '@mlab/onnx';

interface Question {
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[]; readonly data: readonly number[] }[];
}

interface Answered {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

type Ask = (question: Question) => Answered[] | Promise<Answered[]>;

const bytes = readFileSync(process.env['MODEL'] ?? '');
const ask = process.env['BACKEND'] === 'onnxruntime' ? await onnxruntime() : compiled();

const server = createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => (text += chunk));
  request.on('end', () => {
    const answer = (outputs: readonly Answered[]): void => {
      const body = JSON.stringify({ model_name: 'model', model_version: '1', outputs });
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
      response.end(body);
    };
    const fail = (error: unknown): void => void response.writeHead(500).end(String(error));
    try {
      const outputs = ask(JSON.parse(text) as Question);
      if (outputs instanceof Promise) outputs.then(answer, fail);
      else answer(outputs);
    } catch (error) {
      fail(error);
    }
  });
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ type: 'ready', services: [{ name: 'infer', url: `http://127.0.0.1:${port}` }] });
});
process.once('SIGTERM', () => process.exit(0));
process.once('disconnect', () => process.exit(0));

const DATATYPES: Readonly<Record<string, string>> = { float: 'FP32', float32: 'FP32', int64: 'INT64' };

/** JSON has no BigInt, of which the values of int64 are. */
const answered = (name: string, type: string, { dims, data }: { dims: readonly number[]; data: unknown }): Answered => ({
  name,
  datatype: DATATYPES[type] ?? type,
  shape: dims,
  data: Array.from(data as ArrayLike<number | bigint>, Number),
});

function compiled(): Ask {
  const { compiled: model, reason } = compile(readModel(bytes));
  if (model === undefined) throw new Error(`The model is not compiled: ${reason}`);
  return ({ inputs }) => {
    const outputs = model.score(Object.fromEntries(inputs.map(({ name, shape, data }) => [name, { data, dims: shape }])));
    return Object.entries(outputs).map(([name, output]) => answered(name, output.type, output));
  };
}

async function onnxruntime(): Promise<Ask> {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential' });
  return async ({ inputs }) => {
    const feeds = inputs.map(({ name, shape, data }) => [name, new Tensor('float32', Float32Array.from(data), shape)] as const);
    const outputs = await session.run(Object.fromEntries(feeds));
    return Object.entries(outputs).map(([name, output]) => answered(name, output.type, output));
  };
}
