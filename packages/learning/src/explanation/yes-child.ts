import { MODES, type Trees } from '@mlab/onnx';

/** Whether a node sends a value to its yes child, as ONNX compares: in the precision of the trees. */
export function yesChild(trees: Trees, node: number, given: number): boolean {
  if (Number.isNaN(given) && trees.missingYes[node] === 1) return true;
  const value = trees.precision === 'float' ? Math.fround(given) : given;
  const threshold = trees.thresholds[node] as number;
  switch (MODES[trees.modes[node] as number] ?? 'LEQ') {
    case 'LEQ':
      return value <= threshold;
    case 'LT':
      return value < threshold;
    case 'GTE':
      return value >= threshold;
    case 'GT':
      return value > threshold;
    case 'EQ':
      return value === threshold;
    case 'NEQ':
      return value !== threshold;
  }
}
