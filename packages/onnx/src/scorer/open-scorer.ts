import { AppError } from '@mlab/kernel/errors';
import { compile } from '#/compile/compile.ts';
import { readModel } from '#/read/read-model.ts';
import { openOrtScorer } from '#/scorer/open-ort-scorer.ts';
import { preparedBytes } from '#/scorer/prepare-model.ts';
import type { Scorer, ScorerOptions } from '#/scorer/scorer.ts';

/**
 * Opens an ONNX file for answering: compiled where its graph can be, else by ONNX Runtime in a thread of its own. A file that is none, or
 * that ONNX Runtime does not load either, is refused as `invalid`.
 */
export async function openScorer(bytes: Uint8Array, options: ScorerOptions = {}): Promise<Scorer> {
  const model = options.read === undefined ? readModel(bytes) : await options.read(bytes);
  if (model.externalData.length > 0) {
    throw new AppError('invalid', `The model has values in other files (${model.externalData[0]}); save it as a single file.`);
  }
  // What is large takes long to compile, and this is the thread that answers.
  const { compiled, reason } = options.compile === false ? NOT_ASKED_FOR : compile(model);
  if (compiled === undefined) return openOrtScorer(bytes, model, { ...options, reason });
  const { inputs, outputs } = compiled;
  return {
    backend: 'compiled',
    reason: undefined,
    inputs,
    outputs,
    metadata: model.metadata,
    compiled,
    model,
    memoryBytes: preparedBytes(model) || bytes.length * COMPILED_PER_BYTE,
    // Its errors come as rejections, as those of the other backend.
    async score(columns, { signal } = {}) {
      signal?.throwIfAborted();
      return compiled.score(columns);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

const NOT_ASKED_FOR = { compiled: undefined, reason: 'it was not asked for' } as const;

/** What the arrays of a compiled model take for each byte of its file, at most times. */
const COMPILED_PER_BYTE = 3;
