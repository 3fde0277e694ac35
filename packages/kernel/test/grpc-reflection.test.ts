import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ClientHttp2Stream } from 'node:http2';
import { test } from 'node:test';
import {
  create,
  createFileRegistry,
  fromBinary,
  fromJson,
  isFieldSet,
  toBinary,
  toJson,
  type DescMessage,
  type DescService,
  type FileRegistry,
  type MessageInitShape,
} from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  type DescriptorProto,
} from '@bufbuild/protobuf/wkt';
import { startTest } from '@mlab/kernel/testing';
import { GRPCInferenceService } from '@mlab/protos/open-inference';
import { PredictorService } from '@mlab/protos/predictor';
import { ServerReflectionRequestSchema, ServerReflectionResponseSchema, type ServerReflectionResponse } from '@mlab/protos/reflection';
import { openReflection } from '../src/grpc/reflect.ts';
import { ANSWERS, framed, sampleOf, send, withSession } from './grpc-sample.ts';

type Asked = NonNullable<MessageInitShape<typeof ServerReflectionRequestSchema>['messageRequest']>;
type Told = ServerReflectionResponse['messageResponse'];

const written = (asked: Asked): Uint8Array =>
  toBinary(ServerReflectionRequestSchema, create(ServerReflectionRequestSchema, { host: 'here', messageRequest: asked }));
const read = (bytes: Uint8Array): ServerReflectionResponse => fromBinary(ServerReflectionResponseSchema, bytes);

/** The messages of a stream of answers, each in its frame. */
async function* messagesOf(stream: ClientHttp2Stream): AsyncGenerator<Buffer> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt32BE(1)) {
      const end = 5 + bytes.readUInt32BE(1);
      yield bytes.subarray(5, end);
      bytes = bytes.subarray(end);
    }
  }
}

/** Asks one question after another over one stream, as a client does that has no .proto files. */
const asking = <T>(url: string, version: string, use: (ask: (asked: Asked) => Promise<Told>) => Promise<T>): Promise<T> =>
  withSession(url, async (session) => {
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' });
    stream.on('error', () => {});
    const messages = messagesOf(stream);
    const result = await use(async (asked) => {
      stream.write(framed(written(asked)));
      const { value } = await messages.next();
      const response = read(value as Buffer);
      assert.equal(response.validHost, 'here');
      assert.deepEqual(response.originalRequest?.messageRequest.case, asked.case);
      return response.messageResponse;
    });
    stream.end();
    assert.equal((await messages.next()).done, true);
    if (!stream.closed) await once(stream, 'close');
    return result;
  });

const services = (told: Told): readonly string[] =>
  told.case === 'listServicesResponse' ? told.value.service.map(({ name }) => name) : [];
const filesOf = (told: Told) =>
  told.case === 'fileDescriptorResponse' ? told.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes)) : [];
/** Those that others import come first. */
const registryOf = (told: Told): FileRegistry => createFileRegistry(create(FileDescriptorSetSchema, { file: filesOf(told).toReversed() }));

for (const version of ['v1', 'v1alpha'])
  test(`a client without .proto files finds the services, and asks one of them: ${version}`, async () => {
    await using app = await startTest(sampleOf((input) => `${input}!`));
    const found = await asking(app.grpcUrl, version, async (ask) => {
      const all = services(await ask({ case: 'listServices', value: '' }));
      assert.deepEqual(all, [
        'grpc.health.v1.Health',
        'grpc.reflection.v1.ServerReflection',
        'grpc.reflection.v1alpha.ServerReflection',
        ANSWERS,
      ]);
      const told = await ask({ case: 'fileContainingSymbol', value: ANSWERS });
      // It can be asked for what it is itself, too.
      const itself = `grpc.reflection.${version}.ServerReflection`;
      const [own] = filesOf(await ask({ case: 'fileContainingSymbol', value: itself }));
      assert.deepEqual([own?.name, own?.package], [`grpc/reflection/${version}/reflection.proto`, `grpc.reflection.${version}`]);
      return registryOf(told);
    });
    const { method } = found.getService(ANSWERS) as DescService & { method: Record<string, { input: DescMessage; output: DescMessage }> };
    const { input, output } = method['predict'] as { input: DescMessage; output: DescMessage };
    const bytes = await withSession(app.grpcUrl, async (session) => {
      const stream = session.request({ ':method': 'POST', ':path': `/${ANSWERS}/Predict`, 'content-type': 'application/grpc' });
      stream.end(framed(toBinary(input, fromJson(input, { input: 'hello' }))));
      return (await messagesOf(stream).next()).value as Buffer;
    });
    assert.deepEqual(toJson(output, fromBinary(output, bytes)), { message: 'hello!' });
  });

test('each name leads to its file, which comes once with all that it imports; what is not there is said so', () => {
  const reply = openReflection([GRPCInferenceService, PredictorService]).begin();
  const ask = (asked: Asked): Told => read(reply(written(asked))).messageResponse;
  const names = (asked: Asked): readonly string[] => filesOf(ask(asked)).map(({ name }) => name);
  const own = 'open_inference_grpc.proto';
  for (const symbol of [
    'inference.GRPCInferenceService',
    'inference.GRPCInferenceService.ModelInfer',
    'inference.ModelInferRequest',
    '.inference.ModelInferRequest.InferInputTensor',
    'inference.ModelInferRequest.model_name',
    'inference.InferParameter.parameter_choice',
    'inference.DataType',
    'inference.TYPE_INT8',
  ])
    assert.deepEqual(names({ case: 'fileContainingSymbol', value: symbol }), [own], symbol);
  assert.deepEqual(names({ case: 'fileByFilename', value: own }), [own]);
  for (const expected of [['predictor.proto', 'google/protobuf/struct.proto'], ['predictor.proto']])
    assert.deepEqual(names({ case: 'fileContainingSymbol', value: ANSWERS }), expected);
  assert.deepEqual(ask({ case: 'allExtensionNumbersOfType', value: 'inference.ModelInferRequest' }).case, 'allExtensionNumbersResponse');
  const wrong: readonly (readonly [Asked, number])[] = [
    [{ case: 'fileContainingSymbol', value: 'inference.Nothing' }, 5],
    [{ case: 'fileContainingSymbol', value: 'inference' }, 5],
    [{ case: 'fileByFilename', value: '../../etc/passwd' }, 5],
    [{ case: 'allExtensionNumbersOfType', value: 'inference.Nothing' }, 5],
    [{ case: 'fileContainingExtension', value: { containingType: 'inference.ModelInferRequest', extensionNumber: 7 } }, 5],
    [{ case: undefined }, 3],
  ];
  for (const [asked, code] of wrong) {
    const told = ask(asked);
    assert.deepEqual([told.case, told.case === 'errorResponse' && told.value.errorCode], ['errorResponse', code], JSON.stringify(asked));
  }
});

const { MESSAGE, ENUM } = FieldDescriptorProto_Type;
const NAMED: readonly number[] = [MESSAGE, ENUM];

test('what is told is what protoc would: entries of maps are named after the maps, and plain fields have no type by name', () => {
  const visit = ({ field, nestedType }: DescriptorProto): void => {
    nestedType.forEach(visit);
    for (const each of field)
      assert.equal(isFieldSet(each, FieldDescriptorProtoSchema.field.typeName), NAMED.includes(each.type), each.name);
    for (const { name, options } of nestedType) {
      if (!options?.mapEntry) continue;
      const map = field.find(({ typeName }) => typeName.endsWith(`.${name}`));
      assert.equal(name, `${map?.name.replaceAll(/(^|_)(.)/g, (_, __, letter: string) => letter.toUpperCase())}Entry`);
    }
  };
  const maps = GRPCInferenceService.file.proto.messageType;
  assert.ok(maps.some(({ nestedType }) => nestedType.some(({ options }) => options?.mapEntry)));
  maps.forEach(visit);
});

test('what is no question of it ends the stream with a refusal', async () => {
  await using app = await startTest(sampleOf((input) => input));
  const path = { ':path': '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo' };
  await withSession(app.grpcUrl, async (session) => {
    assert.equal((await send(session, framed(Buffer.from('ffffffffff0102', 'hex')), path)).status, '3');
    const long = await send(session, framed(written({ case: 'fileByFilename', value: 'x'.repeat(5000) })), path);
    assert.equal(long.status, '8');
    assert.match(long.message, /5\d\d\d bytes; ServerReflectionInfo takes 4096/);
    assert.equal((await send(session, framed(written({ case: 'listServices', value: '' })), path)).status, '0');
    assert.equal(
      (await send(session, framed(written({ case: 'listServices', value: '' })), { ...path, origin: 'https://evil.org' })).status,
      '7',
    );
  });
});
