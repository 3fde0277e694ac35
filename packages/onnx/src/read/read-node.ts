import type { Attribute, Graph, Node } from '#/model/model.ts';
import { readAttribute } from '#/read/read-attribute.ts';
import type { WireReader } from '#/wire/wire-reader.ts';

export function readNode(reader: WireReader, readGraph: (reader: WireReader) => Graph): Node {
  let operator = '';
  let domain = '';
  let name = '';
  let doc = '';
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, Attribute>();
  reader.fields((field) => {
    if (field === 1) inputs.push(reader.text());
    else if (field === 2) outputs.push(reader.text());
    else if (field === 3) name = reader.text();
    else if (field === 4) operator = reader.text();
    else if (field === 5) attributes.set(...reader.message(() => readAttribute(reader, readGraph)));
    else if (field === 6) doc = reader.text();
    else if (field === 7) domain = reader.text();
    else reader.skip();
  });
  return { operator, domain: domain === 'ai.onnx' ? '' : domain, name, doc, inputs, outputs, attributes };
}
