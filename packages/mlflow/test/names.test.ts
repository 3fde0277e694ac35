import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  checkArtifactPath,
  checkBatch,
  checkKey,
  checkLength,
  checkMetric,
  checkModelName,
  fitParamValue,
  fitTagValue,
  pageToken,
  readPageToken,
} from '@mlab/mlflow';
import { refusal } from './refusal.ts';

describe('no way to write it leads out of the root', () => {
  const outside = [
    '..',
    '../x',
    'a/../../x',
    'a/..',
    './..',
    '%2e%2e/x',
    '%2E%2e%2fx',
    '%252e%252e%252fx',
    '%25252525252e%25252525252e/x',
    '..%2fx',
    '..\\x',
    'a\\..\\x',
    '..%5cx',
    '%5c%5chost%5cshare',
    '\\\\host\\share',
    '/etc/passwd',
    '//host/x',
    '%2fetc/passwd',
    '%252fetc',
    '\t/etc',
    ' /etc',
    '\n../x',
    '.\t./x',
    '.%09./x',
    'C:\\x',
    'c:/x',
    'C:x',
    './C:/x',
    'C%3a/x',
    '%43:/x',
    'file:///etc/passwd',
    'FILE:x',
    'file:%2e%2e/x',
    'a#b',
    'a%23b',
    'a\0b',
    'a%00b',
    'a%2500b',
    'http:../x',
    'a/?x/../../y',
    `%${'25'.repeat(15)}2e%2e/x`,
    `%${'25'.repeat(15)}20x`,
    'x://[a/b',
    'x://a]/b',
    'x'.repeat(5000),
    'a\ud800',
  ];
  for (const path of outside) {
    test(JSON.stringify(path.slice(0, 60)), () => {
      let result: string;
      try {
        result = checkArtifactPath(path);
      } catch {
        assert.equal(
          refusal(() => checkArtifactPath(path)),
          'Invalid path',
        );
        return;
      }
      // What is let in must be harmless as it stands, and when somebody decodes it once more.
      for (const text of [result, decodeURIComponent(result.replaceAll(/%(?![0-9a-f]{2})/gi, '%25'))]) {
        assert.doesNotMatch(text, /(?:^|[/\\])\.\.(?:$|[/\\])|^[/\\]|^[a-z]:|\\|#|\0/i, `${path} became ${result}`);
      }
      assert.fail(`${path} became ${result}`);
    });
  }

  test('what is harmless is let in, in its shortest form', () => {
    const table: readonly (readonly [path: string, result: string])[] = [
      ['', ''],
      ['.', ''],
      ['model/MLmodel', 'model/MLmodel'],
      ['./a//b/./c/', 'a/b/c'],
      ['a b/ä/日本.txt', 'a b/ä/日本.txt'],
      ['a%20b', 'a b'],
      ['100%/x', '100%/x'],
      ['...', '...'],
      ['..a/b..', '..a/b..'],
      ['ab:c/d', 'ab:c/d'],
      ['%25%25%2e%2e/x', '%%../x'],
      ['a?b;c', 'a?b;c'],
      ['a\u0001b', 'a%01b'],
      ['mlflow.data/x-1_2.~', 'mlflow.data/x-1_2.~'],
    ];
    for (const [path, result] of table) assert.equal(checkArtifactPath(path), result, path);
  });
});

describe('keys', () => {
  test('say where they stand', () => {
    assert.match(
      refusal(() => checkKey('metric', 'a,b')),
      /^Invalid value "a,b" for parameter 'name' supplied: Names may only contain/,
    );
    assert.match(
      refusal(() => checkKey('metric', 'a,b', 3)),
      /'metrics\[3\]\.name'/,
    );
    assert.match(
      refusal(() => checkKey('param', '../a', 0)),
      /'params\[0\]\.key' .* resolve to '\.\.\/a'$/,
    );
    assert.match(
      refusal(() => checkKey('tag', '', 7)),
      /'tags\[7\]\.key' .* resolve to '\.'$/,
    );
    assert.equal(
      refusal(() => checkKey('metric', 'a'.repeat(251))),
      "'Metric name' exceeds the maximum length of 250 characters",
    );
    assert.equal(
      refusal(() => checkKey('param', 'a'.repeat(251))),
      "'Param key' exceeds the maximum length of 250 characters",
    );
    assert.equal(
      refusal(() => checkKey('tag', 'a'.repeat(251), 2)),
      "'tags[2].key' exceeds the maximum length of 250 characters",
    );
    assert.match(
      refusal(() => checkKey('tag', 'a\n')),
      /Names may only contain/,
    );
  });

  test('are counted in characters, not in units', () => {
    const letter = '𝒜';
    assert.equal(letter.length, 2);
    checkKey('metric', letter.repeat(250));
    refusal(() => checkKey('metric', letter.repeat(251)));
    for (const character of ['😀', '\u{10000}', '\u{10ffff}', '\ud7ff', '\ue000']) checkLength('x', character.repeat(10), 10);
    for (const character of ['a', '\u{10000}', '\ud7ff', '\ue000']) refusal(() => checkLength('x', character.repeat(11), 10));
  });

  test('of models are told apart from new names', () => {
    assert.equal(
      refusal(() => checkModelName(' ', 'new_name')),
      "Missing value for required parameter 'new_name'.",
    );
  });
});

describe('batches', () => {
  const some = (count: number): readonly { readonly key: string }[] => Array.from({ length: count }, (_, at) => ({ key: `k${at}` }));

  test('have limits, alone and together', () => {
    checkBatch({ metrics: some(800), params: some(100), tags: some(100) });
    assert.match(
      refusal(() => checkBatch({ metrics: some(1001), params: [], tags: [] })),
      /at most 1000 metrics\. Got 1001 metrics\. Please split up metrics/,
    );
    assert.match(
      refusal(() => checkBatch({ metrics: [], params: some(101), tags: [] })),
      /at most 100 params/,
    );
    assert.match(
      refusal(() => checkBatch({ metrics: [], params: [], tags: some(101) })),
      /at most 100 tags/,
    );
    assert.match(
      refusal(() => checkBatch({ metrics: some(801), params: some(100), tags: some(100) })),
      /at most 1000 metrics, params, and tags\. Got 1001/,
    );
  });

  test('name no parameter twice', () => {
    const params = [{ key: 'a' }, { key: 'b' }, { key: 'a' }];
    assert.match(
      refusal(() => checkBatch({ metrics: [], params, tags: [] })),
      /Duplicate parameter keys have been submitted: \['a'\]\./,
    );
  });

  test('have metrics with a time, and a dataset that is whole', () => {
    const metric = { key: 'k', value: 1, timestamp: 0 };
    checkMetric(metric);
    checkMetric({ ...metric, dataset_name: 'd', dataset_digest: '1' });
    assert.match(
      refusal(() => checkMetric({ ...metric, timestamp: -1 }, 4)),
      /^Invalid value -1 for parameter 'metrics\[4\]\.timestamp' supplied: metric 'k' \(value=1\)\. Timestamp/,
    );
    assert.match(
      refusal(() => checkMetric({ ...metric, dataset_name: 'd' })),
      /Both dataset_name and dataset_digest/,
    );
  });
});

test('long values are cut to whole characters, or refused', () => {
  assert.equal(fitParamValue('x'.repeat(6000), 'cut').length, 6000);
  assert.equal(fitParamValue(`${'x'.repeat(5999)}😀y`, 'cut'), `${'x'.repeat(5999)}😀`);
  assert.equal(fitTagValue('😀'.repeat(8001), 'cut'), '😀'.repeat(8000));
  assert.equal(
    refusal(() => fitParamValue('x'.repeat(6001), 'refuse')),
    "'Param value' exceeds the maximum length of 6000 characters",
  );
  assert.equal(
    refusal(() => fitTagValue('x'.repeat(8001), 'refuse', 1)),
    "'tags[1].value' exceeds the maximum length of 8000 characters",
  );
  assert.equal(fitTagValue('😀'.repeat(8000), 'refuse').length, 16_000);
});

describe('tokens of pages', () => {
  test("are MLflow's", () => {
    assert.equal(pageToken(1), 'eyJvZmZzZXQiOiAxfQ==');
    for (const offset of [1, 1000, Number.MAX_SAFE_INTEGER]) assert.equal(readPageToken(pageToken(offset)), offset);
    for (const none of [undefined, '']) assert.equal(readPageToken(none), 0);
  });

  test('are refused when they are none', () => {
    const encode = (text: string): string => Buffer.from(text).toString('base64');
    assert.match(
      refusal(() => readPageToken('!')),
      /Invalid page token, could not base64-decode/,
    );
    for (const text of [
      'x',
      '[]',
      'null',
      '5',
      '{}',
      '{"offset":0}',
      '{"offset":-5}',
      '{"offset":1.5}',
      '{"offset":1e99}',
      '{"offset":{}}',
    ]) {
      assert.match(
        refusal(() => readPageToken(encode(text))),
        /Invalid page token/,
        text,
      );
    }
    refusal(() => readPageToken(encode(`{"offset": 1, "x": "${'x'.repeat(5000)}"}`)));
  });
});
