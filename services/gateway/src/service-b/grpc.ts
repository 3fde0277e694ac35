import { fromJson, toJson, type JsonObject, type JsonValue } from '@bufbuild/protobuf';
import { ValueSchema } from '@bufbuild/protobuf/wkt';
import type { predictor } from '@mlab/contracts/predictor';
import type { RowExplanations, RowPredictions } from '@mlab/contracts/predictor-models';
import { AppError, type ClientOf, type Instance, type Peer } from '@mlab/kernel';
import { PredictorService } from '@mlab/protos/predictor';
import { unreadOver } from '#/service-b/rest.ts';
import { forReading, type AskedRows, type Copies, type ServiceB } from '#/service-b/service-b.ts';

type Neighbour = ClientOf<typeof predictor>;

/** As long as a question may take that would otherwise have to wait for it. */
const CONNECT_MS = 3000;

/**
 * Each copy over gRPC, or in this process. Both sides load what speaks gRPC when they connect, which on a busy machine takes longer than a
 * question may: so the copies that are known are connected to before the first question, and those that come as soon as they do.
 */
export async function grpcCopies(peer: Peer<Neighbour>): Promise<Copies> {
  const connect = async ({ grpc }: Instance<Neighbour>): Promise<void> => grpc?.connect(CONNECT_MS);
  await Promise.all(peer.instances().map(connect));
  peer.onChange((instances) => void Promise.all(instances.map(connect)));
  return {
    carryBytes: true,
    now: () => peer.instances().map(overGrpc),
    onChange: (listener) => peer.onChange((instances) => listener(instances.map(overGrpc))),
  };
}

function overGrpc({ id, grpc, speak }: Instance<Neighbour>): ServiceB {
  if (grpc === undefined) throw new Error('Service B answers nothing over gRPC.');
  const client = grpc.client(PredictorService);
  return {
    id,
    predict: async (input, call) => {
      const { className, confidence, inputLength, message } = await client.predict({ input }, call);
      return { prediction: { class: className, confidence, input_length: Number(inputLength) }, message };
    },
    predictRows: async (asked, call) => {
      const { model, version, predictions } = await client.predictRows(rowsOf(asked), call);
      return { model, version, predictions: predictions as unknown as RowPredictions['predictions'] };
    },
    explainRows: async ({ class: wanted, ...asked }, call) => {
      const which = wanted === undefined ? {} : { class: fromJson(ValueSchema, wanted as JsonValue) };
      const { model, version, method, class: explained, explanations } = await client.explainRows({ ...rowsOf(asked), ...which }, call);
      return {
        model,
        version,
        method: method as RowExplanations['method'],
        ...(explained === undefined ? {} : { class: toJson(ValueSchema, explained) }),
        explanations: explanations as unknown as RowExplanations['explanations'],
      };
    },
    predictUnread: unreadOver(speak),
    infer: async ({ model, version, headers, body }, call) => {
      const asked = { model, headers: forReading(headers), body: body as Uint8Array<ArrayBuffer> };
      const answer = await client.infer(version === undefined ? asked : { ...asked, version }, call);
      return { status: answer.status, contentType: answer.contentType, headers: answer.headers, body: answer.body };
    },
  };
}

function rowsOf({ name, rows, version, alias }: AskedRows) {
  const asked = { name, rows: rows as unknown as JsonObject[] };
  // gRPC cannot say both, so that Service B would not see what it refuses over any other way.
  if (version !== undefined && alias !== undefined) throw bothAsked(alias);
  if (version !== undefined) return { ...asked, which: { case: 'version' as const, value: version } };
  return alias === undefined ? asked : { ...asked, which: { case: 'alias' as const, value: alias } };
}

function bothAsked(alias: string): AppError {
  const msg = 'Either a version or an alias is asked for, not both';
  return new AppError('invalid', `${msg}.`, { issues: [{ type: 'version_and_alias', loc: ['body', 'alias'], msg, input: alias }] });
}
