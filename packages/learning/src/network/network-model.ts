import { concat, network, networkClassifier, type DenseLayer } from '@mlab/onnx';
import { copyRows, numberColumns } from '#/arrays/dense.ts';
import type { Scale } from '#/network/losses.ts';
import { Network, placesOf, type Shape } from '#/network/network.ts';
import type { Fitted } from '#/trainer.ts';

const ACTIVATIONS = { relu: 'Relu', tanh: 'Tanh', logistic: 'Sigmoid' } as const;
const HEADS = { logistic: 'Sigmoid', softmax: 'Softmax', identity: 'None' } as const;
const BLOCK_ROWS = 64;

/** A network that has learnt, as its graph has it: with weights of float32, the last of which give values in the target's own measure. */
export function networkModel(
  shape: Shape,
  learnt: Float64Array,
  { scale, classes }: { scale: Scale; classes: readonly string[] | readonly number[] | undefined },
): Pick<Fitted, 'predict' | 'write' | 'importance'> {
  const places = placesOf(shape.sizes);
  const parameters = learnt.slice();
  const last = places.at(-1) as (typeof places)[number];
  for (let at = last.weights; at < parameters.length; at++) {
    parameters[at] = (parameters[at] as number) * scale.deviation + (at < last.biases ? 0 : scale.mean);
  }
  for (let at = 0; at < parameters.length; at++) parameters[at] = Math.fround(parameters[at] as number);
  // Made by the first prediction and used by all: a model may be asked often.
  let computing: { readonly network: Network; readonly weights: Float64Array } | undefined;
  const open = (): NonNullable<typeof computing> => {
    const computed = new Network(shape, BLOCK_ROWS);
    return { network: computed, weights: computed.newParameters(parameters) };
  };
  return {
    predict(matrix) {
      const columns = numberColumns(matrix);
      computing ??= open();
      const { network: computed, weights } = computing;
      const size = classes?.length ?? 1;
      const result = new Float64Array(matrix.rows * size);
      for (let from = 0; from < matrix.rows; from += BLOCK_ROWS) {
        const count = Math.min(BLOCK_ROWS, matrix.rows - from);
        copyRows(columns, from, count, computed.inputs);
        computed.forward(weights, count, true);
        const { outputs } = computed;
        if (shape.head !== 'logistic') result.set(outputs.subarray(0, count * size), from * size);
        else {
          for (let row = 0; row < count; row++) {
            result[(from + row) * 2] = 1 - (outputs[row] as number);
            result[(from + row) * 2 + 1] = outputs[row] as number;
          }
        }
      }
      return result;
    },
    write(graph, features) {
      const x = concat(graph, features);
      const layers = places.map(({ inputs, outputs, weights, biases }, layer): DenseLayer => ({
        weights: parameters.subarray(weights, weights + inputs * outputs),
        biases: parameters.subarray(biases, biases + outputs),
        activation: layer === places.length - 1 ? HEADS[shape.head] : ACTIVATIONS[shape.activation],
      }));
      return classes === undefined ? { value: network(graph, x, layers) } : networkClassifier(graph, x, { layers, classes });
    },
    importance: () => undefined,
  };
}
