import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@mlab/kernel';
import { readModel, type ValueInfo } from '@mlab/onnx';
import type { RecordedSignature } from '#/domain/recording.ts';

export interface MadeModel {
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly signature: RecordedSignature;
}

const FILE = 'model.onnx';
const MOST_BYTES = 2_147_483_648;

/** The model that a program has left in its folder, if it has. */
export async function findMadeModel(folder: string): Promise<MadeModel | undefined> {
  const path = join(folder, FILE);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  if (!found.isFile()) throw new AppError('invalid', `${FILE} in MLAB_OUTPUT must be a file.`);
  if (found.size >= MOST_BYTES)
    throw new AppError('too_large', `${FILE} in MLAB_OUTPUT has ${found.size} bytes; ONNX files have less than 2 GiB.`);
  const bytes = await readFile(path);
  try {
    const { graph } = readModel(bytes);
    const fed = graph.inputs.filter(({ name }) => !graph.initializers.some((constant) => constant.name === name));
    return {
      bytes,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      signature: { inputs: fed.map(tensorOf), outputs: graph.outputs.map(tensorOf) },
    };
  } catch (error) {
    throw new AppError(
      'invalid',
      `${FILE} in MLAB_OUTPUT is no ONNX model: ${error instanceof Error ? error.message : 'it cannot be read'}`,
      {
        cause: error,
      },
    );
  }
}

/** As MLflow has it; a size that is not fixed is -1. */
function tensorOf({ name, type }: ValueInfo): Readonly<Record<string, unknown>> {
  if (type.kind !== 'tensor') return { name, type: type.kind };
  const shape = (type.shape ?? []).map((size) => (typeof size === 'number' ? size : -1));
  const dtype = { float: 'float32', double: 'float64', string: 'str' }[type.element as string] ?? type.element;
  return { name, type: 'tensor', 'tensor-spec': { dtype, shape } };
}
