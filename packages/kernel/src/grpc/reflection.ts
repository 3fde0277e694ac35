import type { DescService } from '@bufbuild/protobuf';
import { bufferOf } from '#/buffer-of.ts';
import type { Contract } from '#/contract.ts';
import { refuseLarger, type GrpcDoor } from '#/grpc/doors.ts';
import { lazily } from '#/lazily.ts';

/** The second one is for clients from before the first; its messages are the same. */
const SERVICES = ['grpc.reflection.v1.ServerReflection', 'grpc.reflection.v1alpha.ServerReflection'];
const METHOD = 'ServerReflectionInfo';
const MAX_BYTES = 4096;
const HOUR_MS = 3_600_000;

/**
 * Which services there are and what their messages look like, for clients that have no .proto files of them: `grpcurl`, Postman, Evans.
 * Open to all, as `/openapi.json` over HTTP. What tells it is loaded when somebody asks.
 * https://grpc.io/docs/guides/reflection/
 */
export function reflectionDoors(contract: Contract, services: readonly DescService[]): readonly GrpcDoor[] {
  const reflection = lazily(async () => (await import('#/grpc/reflect.ts')).openReflection(services));
  async function* answer(messages: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const { begin } = await reflection();
    const reply = begin();
    for await (const bytes of messages) yield reply(bytes);
  }
  return SERVICES.map((service) => ({
    contract,
    name: `${service.slice('grpc.'.length)}.${METHOD}`,
    operation: { method: 'POST', path: `/${service}/${METHOD}`, timeoutMs: HOUR_MS },
    kind: 'bidi_streaming',
    maxMessageBytes: MAX_BYTES,
    open: true,
    read: (bytes) => {
      refuseLarger(bytes, MAX_BYTES, METHOD);
      return bytes;
    },
    run: (messages) => answer(messages as AsyncIterable<Uint8Array>),
    write: (bytes) => bufferOf(bytes as Uint8Array),
  }));
}
