import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generatedDocs } from '../apps/cli/src/generated-docs.ts';

for (const { file, now, wanted } of generatedDocs()) {
  test(`${file} says what the declarations say (else: ./mlab docs)`, () => {
    assert.match(wanted, /<!-- generated -->\n[\s\S]*gateway[\s\S]*\n<!-- \/generated -->/i, 'there is something between the markers');
    assert.equal(now, wanted);
  });
}
