import type { Signature } from '@mlab/contracts/registry-schemas';

const MAX_DEPTH = 64;

/**
 * The signature in a file `MLmodel`: YAML, as MLflow's Python writes it (`mlflow/models/model.py`). Its three parts are JSON in single quotes,
 * broken into lines at blanks. Undefined where there is none, or where another program has written it in another way.
 */
export function readSignature(mlmodel: string): Signature | undefined {
  const block = /^signature:[ \t]*\r?\n((?:[ \t]+.*(?:\r?\n|$))+)/m.exec(mlmodel)?.[1];
  if (block === undefined) return undefined;
  const [inputs, outputs, params] = ['inputs', 'outputs', 'params'].map((part) => readPart(block, part));
  if (inputs === undefined && outputs === undefined && params === undefined) return undefined;
  return { inputs: inputs ?? [], ...(outputs === undefined ? {} : { outputs }), ...(params === undefined ? {} : { params }) };
}

function readPart(block: string, part: string): unknown[] | undefined {
  const quoted = new RegExp(`^[ \\t]+${part}:[ \\t]*'((?:[^']|'')*)'`, 'm').exec(block)?.[1];
  if (quoted === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(quoted.replaceAll(/[ \t]*\r?\n[ \t]*/g, ' ').replaceAll("''", "'"));
    return Array.isArray(value) && isKeepable(value, MAX_DEPTH) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a database keeps it: not too deep, and without what is no character. */
function isKeepable(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0');
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.entries(value).every(([key, inner]) => isKeepable(key, 1) && isKeepable(inner, depth - 1));
}
