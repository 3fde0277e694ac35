import type { TrainingSpec } from '@mlab/contracts/training-spec';
import type { PreparingInput, Task } from '@mlab/learning';
import { GraphBuilder, writeModel } from '@mlab/onnx';
import { trainerName } from '#/domain/job.ts';
import type { RecordedSignature } from '#/domain/recording.ts';
import type { Model } from './fit.ts';

/** The file, and under which names it answers. */
export interface WrittenModel {
  readonly bytes: Uint8Array;
  readonly outputs: { readonly label?: string; readonly probabilities?: string; readonly value?: string };
}

/** Preparing and model as one graph. Nothing in it but what comes of data, specification and seed: the same make the same bytes. */
export function writeOnnx({ preparing, fitted }: Model, task: Task, spec: TrainingSpec): WrittenModel {
  const { target, trainer, seed } = spec;
  const graph = new GraphBuilder({ name: 'mlab' });
  const written = fitted.write(graph, preparing.write(graph));
  const taken = new Set(preparing.inputs.map(({ name }) => name));
  const outputs: Record<string, string> = {};
  for (const role of ['label', 'probabilities', 'value'] as const) {
    const flow = written[role];
    if (flow === undefined) continue;
    let name: string = role;
    while (taken.has(name)) name = `predicted_${name}`;
    taken.add(name);
    graph.output(name, flow);
    outputs[role] = name;
  }
  if ('classes' in task) graph.classes(task.classes);
  const inputs = JSON.stringify(preparing.inputs.map(({ name, kind }) => ({ name, kind })));
  const told = {
    task: task.kind,
    trainer: trainerName({ trainer }),
    seed: String(seed),
    inputs,
    ...(target === undefined ? {} : { target }),
  };
  return { bytes: writeModel(graph.build({ ...told, outputs: JSON.stringify(outputs) })), outputs };
}

const DTYPES = { float: 'float32', double: 'float64', string: 'str' } as const;
const ROWS = -1;

const tensor = (name: string, dtype: string, width: number): Readonly<Record<string, unknown>> => ({
  name,
  type: 'tensor',
  'tensor-spec': { dtype, shape: width === 0 ? [ROWS] : [ROWS, width] },
});

/** As MLflow has it: each column is a tensor of one value a row, which is what the graph takes. */
export function signatureOf(inputs: readonly PreparingInput[], task: Task, outputs: WrittenModel['outputs']): RecordedSignature {
  const { label, probabilities, value } = outputs;
  const labelType = 'classes' in task && typeof task.classes[0] === 'string' ? 'str' : 'int64';
  return {
    inputs: inputs.map(({ name, type }) => tensor(name, DTYPES[type], 1)),
    outputs: [
      ...(label === undefined ? [] : [tensor(label, labelType, 0)]),
      ...(probabilities === undefined ? [] : [tensor(probabilities, 'float32', 'classes' in task ? task.classes.length : 1)]),
      ...(value === undefined ? [] : [tensor(value, 'float32', 1)]),
    ],
  };
}
