import { int } from '#/build/attribute.ts';
import type { Flow, GraphBuilder } from '#/build/graph-builder.ts';

/* Arithmetic on matrices of float or double. A constant of one column stretches over all. */

const only = ([flow]: readonly Flow[]): Flow => flow as Flow;

/** A row of numbers, the same for all rows. */
export function real(graph: GraphBuilder, type: 'float' | 'double', values: ArrayLike<number>): Flow {
  const content =
    type === 'float'
      ? ({ kind: 'floats', values: Float32Array.from(values) } as const)
      : ({ kind: 'doubles', values: Float64Array.from(values) } as const);
  return graph.constant(type, [values.length], content);
}

export type Combining = 'Add' | 'Sub' | 'Mul' | 'Div' | 'Pow' | 'Max' | 'Min' | 'Less' | 'GreaterOrEqual';

export function combine(graph: GraphBuilder, operator: Combining, a: Flow, b: Flow): Flow {
  const dims = [Math.max(a.dims[0] ?? 1, b.dims[0] ?? 1)];
  const type = operator === 'Less' || operator === 'GreaterOrEqual' ? 'bool' : a.type;
  return only(graph.node(operator, [a, b], [{ type, dims }]));
}

export type Transforming = 'Abs' | 'Ceil' | 'Exp' | 'Floor' | 'IsNaN' | 'Log' | 'Neg';

export const transform = (graph: GraphBuilder, operator: Transforming, x: Flow): Flow =>
  only(graph.node(operator, [x], [{ type: operator === 'IsNaN' ? 'bool' : x.type, dims: x.dims }]));

/** `then` where the condition holds, else `otherwise`. */
export function chooseWhere(graph: GraphBuilder, condition: Flow, [then, otherwise]: readonly [then: Flow, otherwise: Flow]): Flow {
  const dims = [Math.max(...[condition, then, otherwise].map((flow) => flow.dims[0] ?? 1))];
  return only(graph.node('Where', [condition, then, otherwise], [{ type: then.type, dims }]));
}

/** Some columns of a matrix, in the order of the numbers. */
export function pickColumns(graph: GraphBuilder, x: Flow, columns: readonly number[]): Flow {
  const indices = graph.constant('int64', [columns.length], { kind: 'int64s', values: BigInt64Array.from(columns, BigInt) });
  return only(graph.node('Gather', [x, indices], [{ type: x.type, dims: [columns.length] }], { attributes: { axis: int(1) } }));
}
