import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldersAbove, joinPaths, placeOf, readArtifactPath, topOf } from '#/domain/artifact-path.ts';
import { artifactPathOf, parseArtifactUri, pathBelow } from '#/domain/artifact-uri.ts';
import { ownFolder, ownFolderOf } from '#/domain/cleaning.ts';
import { mediaTypeOf } from '#/domain/media-type.ts';
import { checkRoom, objectKeyOf } from '#/domain/storage.ts';
import { readRange } from '#/protocols/mlflow/byte-range.ts';
import { attachment } from '#/protocols/mlflow/content-disposition.ts';

test('paths are taken apart and put together', () => {
  for (const [path, folder, name, above, top] of [
    ['a', '', 'a', [], 'a'],
    ['a/b', 'a', 'b', ['a'], 'a'],
    ['a/b/c', 'a/b', 'c', ['a', 'a/b'], 'a'],
  ] as const)
    assert.deepEqual([placeOf(path), foldersAbove(path), topOf(path)], [{ folder, name }, above, top]);
  assert.deepEqual([joinPaths('', 'b'), joinPaths('a', ''), joinPaths('a', 'b'), joinPaths('', '')], ['b', 'a', 'a/b', '']);
  assert.deepEqual([readArtifactPath('a//b/./c/'), readArtifactPath(''), readArtifactPath('a%2520b')], ['a/b/c', '', 'a b']);
  assert.equal(readArtifactPath('x'.repeat(2000)).length, 2000);
  assert.equal(readArtifactPath(Array.from({ length: 100 }, () => 'a').join('/')).length, 199);
  for (const path of ['x'.repeat(2001), 'ä'.repeat(1001), Array.from({ length: 101 }, () => 'a').join('/'), '\0', '../x'])
    assert.throws(() => readArtifactPath(path), /Invalid path/);
});

test('URIs of artifacts', () => {
  for (const [uri, path] of [
    ['mlflow-artifacts:/1/r/artifacts', '1/r/artifacts'],
    ['mlflow-artifacts:/', ''],
    ['mlflow-artifacts:', ''],
    ['mlflow-artifacts:///1/r', '1/r'],
    ['mlflow-artifacts://host:5000/1/r', '1/r'],
    ['mlflow-artifacts://host', ''],
    ['s3://bucket/x', undefined],
    ['/local', undefined],
  ] as const)
    assert.equal(artifactPathOf(uri), path, uri);
  assert.deepEqual(parseArtifactUri('runs:/abc/a/b'), { kind: 'run', runId: 'abc', path: 'a/b' });
  assert.deepEqual(parseArtifactUri('runs:/abc'), { kind: 'run', runId: 'abc', path: '' });
  const modelId = `m-${'0'.repeat(32)}`;
  assert.deepEqual(parseArtifactUri(`models:/${modelId}/x`), { kind: 'logged-model', modelId, path: 'x' });
  for (const uri of [
    'runs:/../x',
    'runs:/a/../x',
    'models:/churn@champion',
    'models:/churn/3',
    'mlflow-artifacts:/../x',
    'mlflow-artifacts://a b/x',
    'x',
    '',
  ])
    assert.throws(() => parseArtifactUri(uri), /Invalid/, uri);
  assert.equal(pathBelow('mlflow-artifacts:/1', 'a'), '1/a');
  assert.throws(() => pathBelow('s3://b', 'a'), /s3:\/\/b/);
});

test('with a run or a model goes its own folder, and nothing that may be somebody else’s', () => {
  for (const [uri, id, folder] of [
    ['mlflow-artifacts:/1/abc/artifacts', 'abc', '1/abc'],
    ['mlflow-artifacts:/1/models/m-1/artifacts', 'm-1', '1/models/m-1'],
    ['mlflow-artifacts:/abc/abc/artifacts', 'abc', 'abc/abc'],
    ['mlflow-artifacts:/1/other/artifacts', 'abc', undefined],
    ['mlflow-artifacts:/', 'abc', undefined],
    ['mlflow-artifacts:/../abc', 'abc', undefined],
    ['s3://bucket/1/abc/artifacts', 'abc', undefined],
    ['/mlruns/1/abc/artifacts', 'abc', undefined],
  ] as const)
    assert.equal(ownFolder(uri, id), folder, uri);
  const at = (id: string, artifactLocation: string) => ({ id, artifactLocation });
  assert.equal(ownFolderOf(at('7', 'mlflow-artifacts:/7'), []), '7');
  assert.equal(ownFolderOf(at('7', 'mlflow-artifacts:/7'), [at('8', 'mlflow-artifacts:/70'), at('9', 's3://7')]), '7');
  assert.equal(ownFolderOf(at('7', 'mlflow-artifacts:/7'), [at('8', 'mlflow-artifacts://x/7/y')]), undefined);
  for (const location of ['mlflow-artifacts:/', 'mlflow-artifacts:/8', 'mlflow-artifacts:/7/x', 's3://7', 'mlflow-artifacts:/../7'])
    assert.equal(ownFolderOf(at('7', location), []), undefined, location);
});

test('media types go by names, as those of MLflow’s server', () => {
  const types = {
    'text/plain': ['MLmodel', 'mlproject', 'a.txt', 'a.json', 'conda.yaml', 'a.tar.csv', 'x.py', 'a.b.md'],
    'text/html': ['estimator.html', 'a.HTM'],
    'text/csv': ['A.CSV'],
    'image/png': ['a.png', 'a.PNG'],
    'application/octet-stream': ['model.pkl', 'png', '.png', '.', 'a', 'a.unknown', 'mlmodel', 'constructor', 'a.constructor', 'a.'],
  };
  for (const [type, names] of Object.entries(types)) for (const name of names) assert.equal(mediaTypeOf(name), type, name);
});

test('ranges', () => {
  for (const [header, size, range] of [
    [undefined, 10, undefined],
    ['bytes=0-', 10, { start: 0, end: 9 }],
    ['bytes=0-0', 1, { start: 0, end: 0 }],
    ['Bytes = 1 - 2', 10, { start: 1, end: 2 }],
    ['bytes=-1', 10, { start: 9, end: 9 }],
    ['bytes=-11', 10, { start: 0, end: 9 }],
    ['bytes=9-99', 10, { start: 9, end: 9 }],
    ['bytes=10-', 10, 'nothing'],
    ['bytes=-0', 10, 'nothing'],
    ['bytes=0-', 0, 'nothing'],
    ['bytes=-1', 0, 'nothing'],
    ['bytes=2-1', 10, undefined],
    ['bytes=0-1,2-3', 10, undefined],
    ['bytes=', 10, undefined],
    ['bytes=9999999999999999-', 10, undefined],
    ['items=0-1', 10, undefined],
  ] as const)
    assert.deepEqual(readRange(header, size), range, String(header));
});

test('a file name in a header', () => {
  for (const [name, header] of [
    ['a.txt', 'attachment; filename=a.txt'],
    ['a b.txt', 'attachment; filename="a b.txt"'],
    [String.raw`a"\b`, String.raw`attachment; filename="a\"\\b"`],
    ['é.txt', "attachment; filename=e.txt; filename*=UTF-8''%C3%A9.txt"],
    ['日本', "attachment; filename=download; filename*=UTF-8''%E6%97%A5%E6%9C%AC"],
    ["ü'()*", "attachment; filename=\"u'()*\"; filename*=UTF-8''%C3%BC%27%28%29%2A"],
  ] as const)
    assert.equal(attachment(name), header);
});

test('room is made of what is free and what is replaced', () => {
  const limits = { quotaBytes: 100, maxFileBytes: 0 };
  const refuses = (used: number, added: number, replaced: number) => () => checkRoom(limits, used, { added, replaced });
  for (const fits of [refuses(0, 100, 0), refuses(90, 10, 0), refuses(100, 50, 50), refuses(150, 10, 20), refuses(150, 0, 0)]) fits();
  for (const exceeds of [refuses(0, 101, 0), refuses(91, 10, 0), refuses(100, 51, 50), refuses(150, 21, 20)])
    assert.throws(exceeds, /no room/);
  checkRoom({ quotaBytes: 0, maxFileBytes: 0 }, 1e15, { added: 1e15, replaced: 0 });
  assert.equal(objectKeyOf(new Date('2026-04-01T09:59:59.999Z'), 'id'), '2026040109/id');
});
