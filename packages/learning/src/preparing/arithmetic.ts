import { chooseWhere, combine, real, transform, type Flow, type GraphBuilder } from '@mlab/onnx';

/**
 * What formulas are written in, so that each is written once and computed twice: with numbers where a model learns, and by the nodes of a
 * graph where it serves. All of it is in doubles.
 */
export interface Arithmetic<T> {
  number(value: number): T;
  add(a: T, b: T): T;
  subtract(a: T, b: T): T;
  multiply(a: T, b: T): T;
  divide(a: T, b: T): T;
  power(a: T, b: T): T;
  floor(a: T): T;
  log(a: T): T;
  negate(a: T): T;
  /** `then` where a < b, else `otherwise`; NaN is less than nothing. */
  whereLess(a: T, b: T, choice: readonly [then: T, otherwise: T]): T;
}

export const ofNumbers: Arithmetic<number> = {
  number: (value) => value,
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  power: (a, b) => a ** b,
  floor: Math.floor,
  log: Math.log,
  negate: (a) => -a,
  whereLess: (a, b, [then, otherwise]) => (a < b ? then : otherwise),
};

export const ofNodes = (graph: GraphBuilder): Arithmetic<Flow> => ({
  number: (value) => real(graph, 'double', [value]),
  add: (a, b) => combine(graph, 'Add', a, b),
  subtract: (a, b) => combine(graph, 'Sub', a, b),
  multiply: (a, b) => combine(graph, 'Mul', a, b),
  divide: (a, b) => combine(graph, 'Div', a, b),
  power: (a, b) => combine(graph, 'Pow', a, b),
  floor: (a) => transform(graph, 'Floor', a),
  log: (a) => transform(graph, 'Log', a),
  negate: (a) => transform(graph, 'Neg', a),
  whereLess: (a, b, choice) => chooseWhere(graph, combine(graph, 'Less', a, b), choice),
});
