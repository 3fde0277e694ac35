import type { Model } from '#/model/model.ts';
import { writeGraph } from '#/encode/write-graph.ts';
import { WireWriter } from '#/wire/wire-writer.ts';
import { AppError } from '@mlab/kernel/errors';

/** The bytes of a model: the same for the same model, and in the order in which Python's onnx writes them. */
export function writeModel(model: Model): Uint8Array<ArrayBuffer> {
  if (model.functions.length > 0) throw new AppError('invalid', 'The model has functions of its own, which are not written.');
  const writer = new WireWriter();
  writer.int(1, model.irVersion);
  writer.text(2, model.producerName);
  writer.text(3, model.producerVersion);
  writer.text(4, model.domain);
  writer.text(6, model.doc);
  writer.message(7, () => writeGraph(writer, model.graph));
  for (const [domain, version] of model.opsets) {
    writer.message(8, () => {
      // Python's onnx writes also the empty name of ai.onnx.
      writer.string(1, domain);
      writer.int(2, version);
    });
  }
  for (const [key, value] of model.metadata) {
    writer.message(14, () => {
      writer.string(1, key);
      writer.string(2, value);
    });
  }
  return writer.finish();
}
