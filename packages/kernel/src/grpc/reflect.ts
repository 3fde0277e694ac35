import {
  create,
  createFileRegistry,
  fromBinary,
  fromJsonString,
  toBinary,
  toJsonString,
  type DescFile,
  type DescService,
  type MessageInitShape,
} from '@bufbuild/protobuf';
import { nestedTypes } from '@bufbuild/protobuf/reflect';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { Health } from '@mlab/protos/health';
import {
  file_grpc_reflection_v1_reflection as v1,
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from '@mlab/protos/reflection';
import { AppError } from '#/errors.ts';

type Response = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>['messageResponse']>;

export interface Reflection {
  /** For one stream of questions: what has been told on it is not told again. */
  readonly begin: () => (question: Uint8Array) => Uint8Array;
}

const NOT_FOUND = 5;
const INVALID_ARGUMENT = 3;

export function openReflection(services: readonly DescService[]): Reflection {
  const own = [v1, alphaOf(v1)];
  const told = [...services, Health, ...own.flatMap((file) => file.services)];
  const files = new Map<string, DescFile>();
  for (const { file } of told) addWithImports(file, files);
  const symbols = new Map([...files.values()].flatMap((file) => namesOf(file).map((name) => [name, file] as const)));
  const messages = new Set([...files.values()].flatMap(messagesOf));
  const names = told.map(({ typeName }) => typeName).toSorted();
  const nothing = (what: string): Response => ({
    case: 'errorResponse',
    value: { errorCode: NOT_FOUND, errorMessage: `${what} is not known here.` },
  });

  const begin: Reflection['begin'] = () => {
    const sent = new Set<string>();
    const file = (found: DescFile | undefined, what: string): Response => {
      if (found === undefined) return nothing(what);
      const needed = addWithImports(found, new Map());
      // Asked for twice, the file itself comes twice: an answer with nothing in it would say that it is empty.
      const fresh = [...needed].filter(([name]) => name === found.proto.name || !sent.has(name));
      for (const [name] of fresh) sent.add(name);
      const fileDescriptorProto = fresh.map(([, { proto }]) => toBinary(FileDescriptorProtoSchema, proto));
      return { case: 'fileDescriptorResponse', value: { fileDescriptorProto } };
    };
    return (question) => {
      const request = read(question);
      const { messageRequest: asked } = request;
      const answer = (): Response => {
        switch (asked.case) {
          case 'listServices':
            return { case: 'listServicesResponse', value: { service: names.map((name) => ({ name })) } };
          case 'fileByFilename':
            return file(files.get(asked.value), asked.value);
          case 'fileContainingSymbol':
            return file(symbols.get(asked.value.replace(/^\./, '')), asked.value);
          case 'allExtensionNumbersOfType':
            if (!messages.has(asked.value)) return nothing(asked.value);
            return { case: 'allExtensionNumbersResponse', value: { baseTypeName: asked.value } };
          case 'fileContainingExtension':
            return nothing(`Extension ${asked.value.extensionNumber} of ${asked.value.containingType}`);
          case undefined:
            return { case: 'errorResponse', value: { errorCode: INVALID_ARGUMENT, errorMessage: 'The request asks for nothing.' } };
        }
      };
      const response = { validHost: request.host, originalRequest: request, messageResponse: answer() };
      return toBinary(ServerReflectionResponseSchema, create(ServerReflectionResponseSchema, response));
    };
  };
  return { begin };
}

function read(bytes: Uint8Array) {
  try {
    return fromBinary(ServerReflectionRequestSchema, bytes);
  } catch (error) {
    throw new AppError('malformed', `The message cannot be read as ${ServerReflectionRequestSchema.typeName}.`, { cause: error });
  }
}

/** The same file in the package that it had before it was finished. */
function alphaOf(file: DescFile): DescFile {
  const text = toJsonString(FileDescriptorProtoSchema, file.proto).replaceAll(/reflection([./])v1\b/g, 'reflection$1v1alpha');
  const proto = fromJsonString(FileDescriptorProtoSchema, text);
  return createFileRegistry(create(FileDescriptorSetSchema, { file: [proto] })).getFile(proto.name) as DescFile;
}

/** By the names that they import each other by. */
function addWithImports(file: DescFile, to: Map<string, DescFile>): Map<string, DescFile> {
  if (to.has(file.proto.name)) return to;
  to.set(file.proto.name, file);
  for (const imported of file.dependencies) addWithImports(imported, to);
  return to;
}

/** All that a file declares, by full names: also fields, values and methods. A value stands beside its enum, not in it. */
const namesOf = (file: DescFile): readonly string[] =>
  [...nestedTypes(file)].flatMap((desc) => {
    switch (desc.kind) {
      case 'message':
        return [desc.typeName, ...[...desc.fields, ...desc.oneofs].map(({ name }) => `${desc.typeName}.${name}`)];
      case 'enum':
        return [desc.typeName, ...desc.values.map(({ name }) => desc.typeName.replace(/[^.]+$/, name))];
      case 'service':
        return [desc.typeName, ...desc.methods.map(({ name }) => `${desc.typeName}.${name}`)];
      case 'extension':
        return [desc.typeName];
    }
  });

const messagesOf = (file: DescFile): readonly string[] =>
  [...nestedTypes(file)].flatMap((desc) => (desc.kind === 'message' ? [desc.typeName] : []));
