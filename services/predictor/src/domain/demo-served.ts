import { AppError } from '@mlab/kernel/errors';
import type { Columns, Outputs, Port } from '@mlab/onnx';
import { predict } from '#/domain/demo-model.ts';
import type { ModelRef, ServedModel } from '#/domain/served-model.ts';

/** By this name protocols know the demo model. No model of the registry that is called so is asked by them. */
export const DEMO = 'demo';

const VERSION = 1;
/** So many rows are answered without a promise. */
const MOST_NOW = 100;
const INPUT: Port = { name: 'input', type: 'string', shape: [undefined], classes: undefined };
const output = (name: string, type: Port['type']): Port => ({ name, type, shape: [undefined], classes: undefined });

/** The demo model as if it had come from a file: a text in, and what `POST /predict` says of it out. */
export function demoServed(random: () => number): ServedModel {
  return {
    model: DEMO,
    version: VERSION,
    sha256: '',
    bytes: 0,
    backend: 'compiled',
    reason: undefined,
    inputs: [INPUT],
    outputs: [output('class', 'string'), output('confidence', 'double'), output('input_length', 'int64')],
    metadata: new Map([['description', 'Picks a class at random']]),
    ask: async (columns) => answer(textsOf(columns), random),
    askNow: (columns, rows) => (rows > MOST_NOW ? undefined : answer(textsOf(columns), random)),
  };
}

/** Whether the demo model is meant. A version that it does not have is not found. */
export function isDemo({ model, version, alias }: ModelRef): boolean {
  if (model !== DEMO) return false;
  if ((version ?? VERSION) === VERSION && alias === undefined) return true;
  throw new AppError('not_found', `The demo model has version ${VERSION}, and neither a version ${version ?? alias} nor any alias.`);
}

function textsOf(columns: Columns): readonly string[] {
  const given = columns[INPUT.name];
  const texts = given !== undefined && 'data' in given ? given.data : given;
  if (Array.isArray(texts) && texts.every((text) => typeof text === 'string')) return texts;
  throw new AppError('invalid', 'The demo model asks for texts as its input.');
}

function answer(texts: readonly string[], random: () => number): Outputs {
  const predictions = texts.map((text) => predict(text, random).prediction);
  const dims = [texts.length];
  return {
    class: { type: 'string', dims, data: predictions.map((prediction) => prediction.class) },
    confidence: { type: 'double', dims, data: Float64Array.from(predictions, ({ confidence }) => confidence) },
    input_length: { type: 'int64', dims, data: BigInt64Array.from(predictions, (prediction) => BigInt(prediction.input_length)) },
  };
}
