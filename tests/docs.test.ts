import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generatedDocs, generatedServiceList } from '../apps/cli/src/generated-docs.ts';

for (const { file, now, wanted } of await generatedDocs()) {
  test(`${file} says what the declarations say (else: ./mlab docs)`, () => {
    assert.match(wanted, /<!-- generated -->\n[\s\S]*gateway[\s\S]*\n<!-- \/generated -->/i, 'there is something between the markers');
    assert.equal(now, wanted);
  });
}

test('the list of services that mlab up reads says what the declarations say (else: ./mlab docs)', async () => {
  const { now, wanted } = await generatedServiceList();
  assert.match(wanted, /^\{"name":"gateway","port":8000,"needs":\["predictor"/);
  assert.equal(now, wanted);
});
