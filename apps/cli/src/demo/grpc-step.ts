import { CliError, messageOf } from '../cli-error.ts';
import { figure } from '../train/display.ts';
import { shellQuote } from '../shell-quote.ts';
import { visibleText } from '../visible-text.ts';
import type { DemoStep, Told } from './demo-step.ts';
import { inferRequest, type InferRequest } from './infer-request.ts';

const METHOD = 'inference.GRPCInferenceService/ModelInfer';
const WITHIN_MS = 10_000;

/** The same question over gRPC, made of the very JSON that is printed for grpcurl. */
export const grpcStep: DemoStep = {
  name: 'grpc',
  heading: () => 'The same by gRPC, here with grpcurl (github.com/fullstorydev/grpcurl)',
  async run({ lab, name, dataset }): Promise<Told> {
    const request = inferRequest(await lab.door.describe(name, {}), dataset.row);
    const outputs = await infer(lab.grpc, request).catch((error: unknown) => {
      throw new CliError(`Service B does not answer at ${lab.grpc} over gRPC: ${messageOf(error)}.`, { cause: error });
    });
    // Service B tells by itself what its messages look like.
    const command = `grpcurl -plaintext -d ${shellQuote(JSON.stringify(request))} ${lab.grpc} ${METHOD}`;
    const shown = outputs.map((output) => `${output.name}: ${output.values.map(shownValue).join(', ')}`);
    return { lines: [command, '', ...shown], data: { command, address: lab.grpc, request, outputs } };
  },
};

interface OutputTensor {
  readonly name: string;
  readonly values: readonly (string | number)[];
}

const shownValue = (value: string | number): string => (typeof value === 'number' ? figure(value) : visibleText(value));

/** Asks, and answers with the values of each output. What it needs is loaded only here: it is as large as all else of mlab. */
async function infer(address: string, request: InferRequest): Promise<readonly OutputTensor[]> {
  const [{ Client, credentials }, { fromBinary, fromJson, toBinary }, protos] = await Promise.all([
    import('@grpc/grpc-js'),
    import('@bufbuild/protobuf'),
    import('@mlab/protos/open-inference'),
  ]);
  const { ModelInferRequestSchema: input, ModelInferResponseSchema: output } = protos;
  const client = new Client(address, credentials.createInsecure(), { 'grpc.enable_http_proxy': 0 });
  try {
    const answer = await new Promise<Buffer>((resolve, reject) => {
      client.makeUnaryRequest(
        `/${METHOD}`,
        (message: Uint8Array) => Buffer.from(message),
        (bytes: Buffer) => bytes,
        toBinary(input, fromJson(input, JSON.parse(JSON.stringify(request)))),
        { deadline: Date.now() + WITHIN_MS },
        (error, bytes) => (error === null && bytes !== undefined ? resolve(bytes) : reject(new Error(error?.details ?? 'nothing came'))),
      );
    });
    // Who sends lists of values is answered with lists.
    return fromBinary(output, answer).outputs.map(({ name, contents }) => ({ name, values: valuesOf(contents ?? {}) }));
  } finally {
    client.close();
  }
}

type Contents = Readonly<
  Partial<Record<'bytesContents' | 'fp32Contents' | 'fp64Contents' | 'int64Contents' | 'boolContents', readonly unknown[]>>
>;

const valuesOf = ({ bytesContents = [], fp32Contents = [], fp64Contents = [], int64Contents = [], boolContents = [] }: Contents) => [
  ...bytesContents.map((bytes) => Buffer.from(bytes as Uint8Array).toString('utf8')),
  ...[...fp32Contents, ...fp64Contents, ...int64Contents, ...boolContents].map(Number),
];
