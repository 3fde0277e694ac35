import assert from 'node:assert/strict';
import { compile } from '#/compile/compile.ts';
import { readModel } from '#/read/read-model.ts';
import type { Columns } from '#/scorer/columns.ts';
import { assertAgree } from './agree.ts';
import { askReference, openReference } from './ort.ts';

/** Asks the compiled model and ONNX Runtime the same, all rows at once. */
export async function compareWithReference(bytes: Uint8Array, columns: Columns, rows: number, what: string): Promise<void> {
  const { compiled, reason } = compile(readModel(bytes));
  assert.ok(compiled !== undefined, `${what}: not compiled, ${reason}`);
  const ours = compiled.score(columns);
  const session = await openReference(bytes);
  assertAgree(ours, await askReference(session, compiled.inputs, columns, rows), what);
  await session.release();
}
