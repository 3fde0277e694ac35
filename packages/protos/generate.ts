/**
 * Writes what stands in generated/ anew from proto/: `node packages/protos/generate.ts`. Nothing is fetched for it. With --check it only says
 * whether it would be the same.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  CodeGeneratorRequestSchema,
  CodeGeneratorResponseSchema,
  FileDescriptorSetSchema,
  type DescriptorProto,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt';

const require = createRequire(import.meta.url);
const protoFolder = join(import.meta.dirname, 'proto');
const generated = join(import.meta.dirname, 'generated');

interface ParsedRoot {
  resolvePath: (origin: string, target: string) => string;
  load(file: string, options: object): Promise<unknown>;
  resolveAll(): unknown;
  toDescriptor(syntax: string): { readonly constructor: { encode(message: unknown): { finish(): Uint8Array } } };
}

/** The parser has no types that TypeScript 7 reads, and is a module of the older kind. */
const [{ Root }] = [require('protobufjs') as { Root: new () => ParsedRoot }, require('protobufjs/ext/descriptor') as unknown];

/** A file with all that it imports, as protoc would tell it. */
async function describe(name: string): Promise<readonly FileDescriptorProto[]> {
  const root = new Root();
  root.resolvePath = (_, target) => (existsSync(join(protoFolder, target)) ? join(protoFolder, target) : target);
  await root.load(name, { keepCase: true });
  root.resolveAll();
  const set = root.toDescriptor('proto3');
  const files = fromBinary(FileDescriptorSetSchema, set.constructor.encode(set).finish()).file;
  // The parser knows packages and no files, and not that what is optional is a choice of one.
  const [own, imported] = [files.filter(isOurs), files.filter((file) => !isOurs(file))];
  for (const file of files) {
    file.name = isOurs(file) ? name : 'google/protobuf/struct.proto';
    file.syntax = 'proto3';
    for (const { field, oneofDecl } of file.messageType)
      for (const each of field) if (oneofDecl[each.oneofIndex]?.name === `_${each.name}`) each.proto3Optional = true;
  }
  for (const file of own) file.dependency = imported.map((other) => other.name);
  for (const { messageType } of files) messageType.forEach(nameEntries);
  nameFully(files);
  return [...imported, ...own];
}

const isOurs = (file: FileDescriptorProto): boolean => file.package !== 'google.protobuf';

/** What a map consists of is a message whose name follows from the map's own: who reads descriptors insists on it. */
function nameEntries({ field, nestedType }: DescriptorProto): void {
  nestedType.forEach(nameEntries);
  for (const entry of nestedType.filter(({ options }) => options?.mapEntry)) {
    const map = field.find(({ typeName }) => typeName === entry.name);
    if (map === undefined) throw new Error(`No map consists of ${entry.name}.`);
    entry.name = `${map.name.replaceAll(/(?:^|_)(.?)/g, (_, first: string) => first.toUpperCase())}Entry`;
    map.typeName = entry.name;
  }
}

/** The parser leaves names of types as they were written; protoc says them in full, with a dot before them. */
function nameFully(files: readonly FileDescriptorProto[]): void {
  const known = new Set<string>();
  const visit = (scope: string, { name, nestedType, enumType }: DescriptorProto): void => {
    const here = `${scope}.${name}`;
    known.add(here);
    for (const { name: inner } of enumType) known.add(`${here}.${inner}`);
    for (const nested of nestedType) visit(here, nested);
  };
  const full = (scope: string, name: string): string => {
    if (name.startsWith('.')) return name;
    for (let at = scope; ; at = at.slice(0, at.lastIndexOf('.'))) {
      if (known.has(`${at}.${name}`)) return `${at}.${name}`;
      if (at === '') throw new Error(`${scope} speaks of ${name}, which is nowhere.`);
    }
  };
  const write = (scope: string, message: DescriptorProto): void => {
    const here = `${scope}.${message.name}`;
    // A type that is named, be it with nothing, is refused where the field has a plain one.
    for (const field of message.field) if (field.typeName !== '') field.typeName = full(here, field.typeName);
    for (const nested of message.nestedType) write(here, nested);
  };
  for (const { package: of, messageType, enumType } of files) {
    for (const { name } of enumType) known.add(`.${of}.${name}`);
    for (const message of messageType) visit(`.${of}`, message);
  }
  for (const { package: of, messageType, service } of files) {
    for (const message of messageType) write(`.${of}`, message);
    for (const method of service.flatMap((each) => each.method)) {
      method.inputType = full(`.${of}`, method.inputType);
      method.outputType = full(`.${of}`, method.outputType);
    }
  }
}

async function generate(name: string): Promise<readonly { readonly file: string; readonly content: string }[]> {
  const request = create(CodeGeneratorRequestSchema, {
    fileToGenerate: [name],
    parameter: 'target=js+dts,import_extension=js',
    protoFile: [...(await describe(name))],
  });
  const plugin = join(dirname(require.resolve('@bufbuild/protoc-gen-es/package.json')), 'bin', 'protoc-gen-es');
  const { stdout, stderr, status } = spawnSync(process.execPath, [plugin], {
    input: toBinary(CodeGeneratorRequestSchema, request),
    maxBuffer: 16_777_216,
  });
  if (status !== 0) throw new Error(`protoc-gen-es refused ${name}: ${stderr.toString()}`);
  const { error, file } = fromBinary(CodeGeneratorResponseSchema, stdout);
  if (error !== '') throw new Error(`protoc-gen-es refused ${name}: ${error}`);
  return file.map(({ name: made, content }) => ({ file: made, content }));
}

const protos = readdirSync(protoFolder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.proto'));
for (const proto of protos.map((name) => name.replaceAll('\\', '/'))) {
  for (const { file, content } of await generate(proto)) {
    const path = join(generated, file);
    const same = existsSync(path) && readFileSync(path, 'utf8') === content;
    if (process.argv.includes('--check')) {
      if (!same) process.exitCode = 1;
    } else if (!same) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
    if (!same) process.stdout.write(`${file} is not what ${proto} says.\n`);
  }
}
