import { concat } from '@mlab/onnx';
import { denseRows } from '#/arrays/dense.ts';
import { addProduct, byRows, transposed } from '#/arrays/multiply.ts';
import type { Clusters } from '#/clusters/lloyd.ts';
import { halfSquares } from '#/clusters/points.ts';
import type { Fitted } from '#/trainer.ts';

/**
 * The nearest centre is where x · c − |c|² / 2 is greatest, so that the graph is a product and an ArgMax. Centres are rounded to float32, and
 * so is each score.
 */
export function clusterModel({ centers }: Pick<Clusters, 'centers'>, width: number): Pick<Fitted, 'predict' | 'write' | 'importance'> {
  const rounded = Float64Array.from(centers, Math.fround);
  const count = centers.length / width;
  const biases = Float32Array.from(halfSquares(rounded, width));
  return {
    predict(matrix) {
      const scores = new Float64Array(matrix.rows * count);
      addProduct(byRows(scores, count), byRows(denseRows(matrix), width), transposed(byRows(rounded, width)), {
        rows: matrix.rows,
        inner: width,
        columns: count,
      });
      const result = new Float64Array(matrix.rows);
      for (let row = 0; row < matrix.rows; row++) {
        let best = 0;
        let greatest = Number.NEGATIVE_INFINITY;
        for (let center = 0; center < count; center++) {
          const score = Math.fround((scores[row * count + center] as number) + (biases[center] as number));
          if (score > greatest) {
            greatest = score;
            best = center;
          }
        }
        result[row] = best;
      }
      return result;
    },
    write(graph, features) {
      const x = concat(graph, features);
      const weights = graph.constant('float', [count, width], { kind: 'floats', values: Float32Array.from(rounded) });
      const added = graph.constant('float', [count], { kind: 'floats', values: biases });
      const [scores] = graph.node('Gemm', [x, weights, added], [{ type: 'float', dims: [count] }], {
        attributes: { transB: { kind: 'int', value: 1n } },
      });
      const [label] = graph.node('ArgMax', scores === undefined ? [] : [scores], [{ type: 'int64', dims: [] }], {
        attributes: { axis: { kind: 'int', value: 1n }, keepdims: { kind: 'int', value: 0n } },
      });
      return label === undefined ? {} : { label };
    },
    importance: () => undefined,
  };
}
