import type { Graph, Model } from '#/model/model.ts';
import { readAttribute } from '#/read/read-attribute.ts';
import { readNode } from '#/read/read-node.ts';
import { emptyGraph, readGraph } from '#/read/read-graph.ts';
import { readEntry } from '#/read/read-entry.ts';
import { READ_LIMITS, WireReader, type ReadLimits } from '#/wire/wire-reader.ts';
import { AppError } from '@mlab/kernel/errors';

/**
 * Reads an ONNX file: any, also one that nothing here can compute. Bytes that are none are refused as `invalid`, whatever they are. The
 * model's raw tensors are views of the bytes.
 */
export function readModel(bytes: Uint8Array, limits: Partial<ReadLimits> = {}): Model {
  const opsets = new Map<string, number>();
  const metadata = new Map<string, string>();
  const functions: string[] = [];
  let graph: Graph = emptyGraph;
  let irVersion = 0;
  let producerName = '';
  let producerVersion = '';
  let domain = '';
  let doc = '';
  const reader = new WireReader(bytes, { ...READ_LIMITS, ...limits });
  // The numbers of fields are those of onnx.proto, here and in all other readers.
  reader.fields((field) => {
    if (field === 1) irVersion = reader.size();
    else if (field === 2) producerName = reader.text();
    else if (field === 3) producerVersion = reader.text();
    else if (field === 4) domain = reader.text();
    else if (field === 6) doc = reader.text();
    else if (field === 7) graph = reader.message(readGraph);
    else if (field === 8) opsets.set(...reader.message(readOpset));
    else if (field === 14) metadata.set(...reader.message(readEntry));
    else if (field === 25) functions.push(reader.message(readFunction));
    else reader.skip();
  });
  if (irVersion < 1 || graph === emptyGraph) throw new AppError('invalid', 'The model is no ONNX file: it has no version or no graph.');
  const { externalData } = reader;
  return { irVersion, opsets, producerName, producerVersion, domain, doc, metadata, graph, functions, externalData };
}

function readOpset(reader: WireReader): [domain: string, version: number] {
  let domain = '';
  let version = 0;
  reader.fields((field) => {
    if (field === 1) domain = reader.text();
    else if (field === 2) version = reader.size();
    else reader.skip();
  });
  return [domain === 'ai.onnx' ? '' : domain, version];
}

/** Its nodes are read for nothing but what in them may be external. */
function readFunction(reader: WireReader): string {
  let name = '';
  let domain = '';
  reader.fields((field) => {
    if (field === 1) name = reader.text();
    else if (field === 7) reader.message(() => readNode(reader, readGraph));
    else if (field === 11) reader.message(() => readAttribute(reader, readGraph));
    else if (field === 10) domain = reader.text();
    else reader.skip();
  });
  return `${domain}:${name}`;
}
