import assert from 'node:assert/strict';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { openDataRoot } from '#/files/data-root.ts';
import { churn } from './data.ts';
import { app } from './shared-training.ts';

export const datasetTests = (): void =>
  void describe('datasets', () => {
    test('what is sent is kept, described, shown and deleted', async () => {
      const id = await app.upload(churn(), 'churn.csv');
      const dataset = await app.must(`GET /datasets/${id}`);
      assert.deepEqual(
        [dataset.name, dataset.source, dataset.bytes],
        ['churn.csv', { kind: 'upload', fileName: 'churn.csv' }, churn().length],
      );
      const schema = await app.must(`GET /datasets/${id}/schema?target=leaves`);
      assert.equal(schema.rows, 400);
      assert.deepEqual(
        schema.columns.map(({ name, kind }: { name: string; kind: string }) => [name, kind]),
        [
          ['months', 'number'],
          ['bill', 'number'],
          ['plan', 'text'],
          ['leaves', 'text'],
        ],
      );
      assert.equal(schema.task.kind, 'binary');
      const { items } = await app.must('GET /datasets?name=churn.csv');
      assert.deepEqual(
        items.map((item: { id: string }) => item.id),
        [id],
      );
      await app.must(`DELETE /datasets/${id}`);
      assert.match(await app.refusal(`GET /datasets/${id}`), /^404 not_found There is no dataset/);
      assert.match(await app.refusal(`DELETE /datasets/${id}`), /^404/);
    });

    test('a file below the root is described where it lies, and one that has changed since is not learnt from', async () => {
      await writeFile(join(app.root, 'here.csv'), churn());
      const dataset = await app.must('POST /datasets', { path: 'here.csv', name: 'mine' });
      assert.deepEqual([dataset.name, dataset.source], ['mine', { kind: 'path', path: 'here.csv' }]);
      await writeFile(join(app.root, 'here.csv'), churn(300));
      assert.match(await app.refusal(`GET /datasets/${dataset.id}/schema`), /^409 conflict The file here\.csv .* has changed/);
    });

    test('pages of datasets', async () => {
      const ids = [await app.upload('a,b\n1,2\n', 'page.csv'), await app.upload('a,b\n1,2\n', 'page.csv')];
      const first = await app.must('GET /datasets?name=page.csv&limit=1');
      const second = await app.must(`GET /datasets?name=page.csv&limit=1&cursor=${first.next}`);
      assert.deepEqual([first.items[0].id, second.items[0].id, second.next], [ids[1], ids[0], undefined]);
      assert.match(await app.refusal('GET /datasets?cursor=nonsense'), /^400 invalid cursor/);
    });

    test('a path that leads out of the root, or to nothing, is refused by its field', async () => {
      await writeFile(join(app.root, '..', 'secret.csv'), churn());
      await symlink(join(app.root, '..', 'secret.csv'), join(app.root, 'link.csv'));
      await writeFile(join(app.root, 'empty.csv'), '');
      for (const path of [
        '../secret.csv',
        '/etc/passwd',
        'a//b.csv',
        'a\\b.csv',
        './../secret.csv',
        'link.csv',
        '.',
        'nothing.csv',
        'empty.csv',
        'x\0.csv',
      ])
        assert.match(await app.refusal('POST /datasets', { path }), /^400 invalid .*path/, path);
      await assert.rejects(openDataRoot('').find('a.csv'), /MLAB_TRAINING_DATA_ROOT, which is not set/);
    });

    test('an upload that is too large, empty, or not what was announced leaves nothing behind', async () => {
      const before = (await app.must('GET /datasets?limit=1000')).items.length;
      const send = async (query: string, body: Uint8Array | string): Promise<string> => {
        const answer = await fetch(`${app.url}/datasets/upload?${query}`, { method: 'POST', body: Buffer.from(body) });
        return `${answer.status} ${await answer.text()}`;
      };
      assert.match(await send('fileName=a.csv', new Uint8Array(3_000_001)), /^413 .*3000000 bytes/);
      assert.match(await send('fileName=a.csv', ''), /^400 .*is empty/);
      assert.match(await send(`fileName=a.csv&sha256=${'0'.repeat(64)}`, 'a,b\n1,2\n'), /^400 .*checksum/);
      assert.match(await send('', 'a,b\n1,2\n'), /^400 .*fileName/);
      assert.match(await send('fileName=a.csv&format=xlsx', 'a,b\n1,2\n'), /^400 .*format/);
      assert.equal((await app.must('GET /datasets?limit=1000')).items.length, before);
    });
  });
