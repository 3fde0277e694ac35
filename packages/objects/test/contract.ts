import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { AppError, type Objects } from '@mlab/kernel';
import type { ObjectsFacility } from '#/index.ts';
import { HARD_KEYS } from './hard-keys.ts';
import { byBytes, failingAfter, hangingAfter, keysOf, read, sha256Of, streamOf, whole } from './sources.ts';
import { openTestOwner } from './test-owner.ts';

export interface Subject extends AsyncDisposable {
  readonly facility: ObjectsFacility;
  /** What is kept of puts that are not objects: temporary files, temporary objects, parts. */
  readonly leftovers: (service: string) => Promise<readonly string[]>;
}

const refuses = (code: string) => (error: unknown) => AppError.is(error) && error.code === code;
const SMALL = 100_000;

export interface Extent {
  /** Bytes that the store does not take in one piece. */
  readonly large: number;
  /** How often that is tried at which only a store whose folders come and go can fail by chance. */
  readonly rounds: number;
}

/** The contract of `Objects`, for any store. */
export function testObjects(name: string, { large: LARGE, rounds }: Extent, open: () => Promise<Subject>): void {
  describe(name, { concurrency: false }, () => {
    type Body = (
      objects: Objects,
      more: Subject & { readonly leftoversOfTest: () => Promise<readonly string[]>; readonly metrics: () => Promise<string> },
    ) => Promise<void>;
    let shared: Promise<Subject> | undefined;

    const check = (title: string, body: Body): void => {
      test(title, async () => {
        shared ??= open();
        const subject = await shared;
        const owner = await openTestOwner();
        await using objects = await subject.facility.openObjects(owner);
        await body(objects, {
          ...subject,
          leftoversOfTest: () => subject.leftovers(owner.name),
          metrics: () => owner.telemetry.metrics.registry.metrics(),
        });
        assert.deepEqual(await subject.leftovers(owner.name), []);
      });
    };

    check('what was put is found, described and listed alike', async (objects) => {
      const bytes = randomBytes(SMALL);
      const info = await objects.put('runs/42/model.onnx', streamOf(bytes), { contentType: 'application/onnx; v=1' });
      const { modifiedAt, ...rest } = info;
      assert.deepEqual(rest, { key: 'runs/42/model.onnx', size: SMALL, sha256: sha256Of(bytes), contentType: 'application/onnx; v=1' });
      assert.ok(Math.abs(Date.now() - modifiedAt.getTime()) < 10_000);
      const found = await objects.get('runs/42/model.onnx');
      assert.deepEqual(found.info, info);
      assert.ok((await whole(found.body)).equals(bytes));
      assert.deepEqual(await objects.stat('runs/42/model.onnx'), info);
      assert.deepEqual(await objects.list(), { items: [info], next: undefined });
    });

    check('bytes in memory and no bytes at all are objects too', async (objects) => {
      assert.equal((await objects.put('text', Buffer.from('hello'))).contentType, 'application/octet-stream');
      const nothing = await objects.put('nothing', streamOf(Buffer.alloc(0)));
      assert.equal(nothing.size, 0);
      assert.equal(nothing.sha256, sha256Of(''));
      assert.equal(String(await read(objects, 'text')), 'hello');
      assert.equal((await read(objects, 'nothing')).length, 0);
      await assert.rejects(objects.get('nothing', { range: { start: 0 } }), refuses('invalid'));
    });

    check('what is not there is not found', async (objects) => {
      assert.equal(await objects.stat('no/such'), undefined);
      assert.equal(await objects.delete('no/such'), false);
      await assert.rejects(objects.get('no/such'), refuses('not_found'));
      assert.deepEqual(await objects.list({ prefix: 'no/' }), { items: [], next: undefined });
    });

    check('a key that is none is refused by every operation', async (objects) => {
      for (const key of ['../x', '/etc/passwd', '', 'a//b', 'a\\b', 'C:/x', 'a\0b', 'x'.repeat(901), undefined as unknown as string]) {
        await assert.rejects(objects.put(key, Buffer.from('x')), refuses('invalid'), key);
        await assert.rejects(objects.get(key), refuses('invalid'), key);
        await assert.rejects(objects.stat(key), refuses('invalid'), key);
        await assert.rejects(objects.delete(key), refuses('invalid'), key);
      }
      assert.deepEqual(await keysOf(objects), []);
    });

    check('no two keys meet, whatever a file system or a URL would make of them', async (objects) => {
      await Promise.all(HARD_KEYS.map((key) => objects.put(key, Buffer.from(`content of ${key}`))));
      for (const key of HARD_KEYS) assert.equal(String(await read(objects, key)), `content of ${key}`);
      assert.deepEqual(await keysOf(objects), HARD_KEYS.toSorted(byBytes));
      assert.deepEqual(
        await Promise.all(HARD_KEYS.map((key) => objects.delete(key))),
        HARD_KEYS.map(() => true),
      );
      assert.deepEqual(await keysOf(objects), []);
    });

    check('a range is what it says, at most to the end', async (objects) => {
      const bytes = randomBytes(SMALL);
      await objects.put('data', bytes);
      const ranges = [
        [{ start: 0, end: 0 }, 0, 1],
        [{ start: 10, end: 19 }, 10, 20],
        [{ start: 99_990 }, 99_990, SMALL],
        [{ start: 99_999, end: 99_999 }, 99_999, SMALL],
        [{ start: 99_990, end: 1_000_000 }, 99_990, SMALL],
        [{ start: 0 }, 0, SMALL],
      ] as const;
      for (const [range, from, to] of ranges) {
        const { info, body } = await objects.get('data', { range });
        assert.equal(info.size, SMALL);
        assert.ok((await whole(body)).equals(bytes.subarray(from, to)), JSON.stringify(range));
      }
      for (const range of [
        { start: SMALL },
        { start: -1 },
        { start: 5, end: 4 },
        { start: 0.5 },
        { start: NaN },
        { start: 0, end: Infinity },
      ])
        await assert.rejects(objects.get('data', { range }), refuses('invalid'), JSON.stringify(range));
      await assert.rejects(objects.get('no', { range: { start: 0 } }), refuses('not_found'));
    });

    for (const [kind, size] of [
      ['small', SMALL],
      ['large', LARGE],
    ] as const) {
      check(`a ${kind} stream arrives whole, with its checksum announced or not`, async (objects) => {
        const bytes = randomBytes(size);
        for (const options of [{}, { sha256: sha256Of(bytes), maxBytes: size }, { ifAbsent: true }]) {
          const key = `of/${Object.keys(options).join('-')}x`;
          const info = await objects.put(key, streamOf(bytes), { ...options, contentType: 'text/csv' });
          assert.equal(info.size, size);
          assert.deepEqual(await objects.stat(key), info);
          assert.equal(info.sha256, sha256Of(await read(objects, key)));
          assert.equal(info.contentType, 'text/csv');
        }
      });

      check(`a ${kind} put that fails stores nothing and leaves the old object`, async (objects, { leftoversOfTest }) => {
        const old = await objects.put('key', Buffer.from('old'));
        const bytes = randomBytes(size);
        const broken = new Error('the source broke');
        const stopped = new AbortController();
        const hanging = hangingAfter(size);
        void hanging.reached.then(() => stopped.abort());
        const failures: [Promise<unknown>, (error: unknown) => boolean][] = [
          [objects.put('key', streamOf(bytes), { sha256: sha256Of('other') }), refuses('invalid')],
          [objects.put('key', streamOf(bytes), { maxBytes: size - 1 }), refuses('too_large')],
          [objects.put('key', bytes, { maxBytes: size - 1 }), refuses('too_large')],
          [objects.put('key', failingAfter(size, broken)), (error) => error === broken],
          [objects.put('key', failingAfter(size, broken), { signal: new AbortController().signal }), (error) => error === broken],
          [objects.put('key', hanging.source, { signal: stopped.signal }), refuses('cancelled')],
          [objects.put('key', streamOf(bytes), { ifAbsent: true }), refuses('conflict')],
          [objects.put('key', textsOf(size) as AsyncIterable<never>), (error) => error instanceof TypeError],
        ];
        await Promise.all(failures.map(([failure, expected]) => assert.rejects(failure, expected)));
        assert.deepEqual(await objects.list(), { items: [old], next: undefined });
        assert.equal(String(await read(objects, 'key')), 'old');
        assert.deepEqual(await leftoversOfTest(), []);
      });
    }

    check('options that cannot be meant are refused', async (objects) => {
      for (const options of [
        { contentType: 'a\r\nb: c' },
        { contentType: 'text' },
        { contentType: '' },
        { sha256: 'AB' },
        { maxBytes: -1 },
      ])
        await assert.rejects(objects.put('key', Buffer.from('x'), options), refuses('invalid'), JSON.stringify(options));
      for (const query of [{ limit: 0 }, { limit: 1001 }, { limit: 1.5 }, { prefix: '\ud800' }, { after: 'a\0' }])
        await assert.rejects(objects.list(query), refuses('invalid'), JSON.stringify(query));
      assert.deepEqual(await keysOf(objects), []);
    });

    check('ifAbsent: of those who come later none wins', async (objects) => {
      await objects.put('key', Buffer.from('first'), { ifAbsent: true });
      await assert.rejects(objects.put('key', Buffer.from('second'), { ifAbsent: true }), refuses('conflict'));
      assert.equal(String(await read(objects, 'key')), 'first');
      await objects.delete('key');
      await objects.put('key', Buffer.from('third'), { ifAbsent: true });
      assert.equal(String(await read(objects, 'key')), 'third');
    });

    for (const [kind, size, count] of [
      ['small', SMALL, 8],
      ['large', LARGE, 3],
    ] as const) {
      check(`ifAbsent: of ${count} ${kind} puts at once exactly one wins`, async (objects) => {
        const all = Array.from({ length: count }, () => randomBytes(size));
        const results = await Promise.allSettled(all.map((bytes) => objects.put('a/key', streamOf(bytes), { ifAbsent: true })));
        const won = results.flatMap((result, index) => (result.status === 'fulfilled' ? [index] : []));
        assert.equal(won.length, 1);
        for (const result of results)
          if (result.status === 'rejected') assert.ok(refuses('conflict')(result.reason), String(result.reason));
        assert.equal(sha256Of(await read(objects, 'a/key')), sha256Of(all[won[0] as number] as Buffer));
      });

      check(`of ${count} ${kind} puts of one key at once, one is there, whole and rightly described`, async (objects) => {
        const all = Array.from({ length: count }, (_, index) => randomBytes(size + index));
        await Promise.all(all.map((bytes, index) => objects.put('key', streamOf(bytes), { contentType: `text/x-${index}` })));
        const { info, body } = await objects.get('key');
        const sum = sha256Of(await whole(body));
        const index = all.findIndex((bytes) => sha256Of(bytes) === sum);
        assert.deepEqual([info.sha256, info.size, info.contentType], [sum, size + index, `text/x-${index}`]);
      });
    }

    check('who reads while an object is replaced or deleted has the old one to its end', async (objects) => {
      const old = randomBytes(LARGE);
      await objects.put('a/b/key', old);
      const before = await objects.get('a/b/key');
      const chunks = before.body[Symbol.asyncIterator]();
      const first = (await chunks.next()).value as Buffer;
      await objects.put('a/b/key', Buffer.from('new'));
      const during = await objects.get('a/b/key');
      assert.equal(await objects.delete('a/b/key'), true);
      const rest: Buffer[] = [first];
      for await (const chunk of { [Symbol.asyncIterator]: () => chunks }) rest.push(chunk as Buffer);
      assert.equal(sha256Of(Buffer.concat(rest)), sha256Of(old));
      assert.equal(String(await whole(during.body)), 'new');
      assert.equal(await objects.stat('a/b/key'), undefined);
    });

    check('deletes in a folder do not disturb puts into it', async (objects) => {
      for (let round = 0; round < rounds; round++) {
        await Promise.all([
          objects.put('deep/er/still/one', Buffer.from('1')),
          objects.put('deep/er/two', Buffer.from('2')),
          objects.put('deep/gone', Buffer.from('3')).then(() => objects.delete('deep/gone')),
        ]);
        assert.deepEqual(await keysOf(objects), ['deep/er/still/one', 'deep/er/two'], `round ${round}`);
        const [one, three] = await Promise.all([
          objects.delete('deep/er/still/one'),
          objects.put('deep/er/still/three', Buffer.from('3')),
          objects.delete('deep/er/two'),
        ]);
        assert.deepEqual([one, three.size], [true, 1]);
        assert.deepEqual(await keysOf(objects), ['deep/er/still/three']);
        await objects.delete('deep/er/still/three');
      }
    });

    check('pages of a list are its keys in the order of their bytes, each once', async (objects) => {
      const letters = ['a', 'b', 'B', '-', '.', '0', 'é', '😀', '\uffee', '/a', '/b', '/0', '/B'];
      const pick = (): string => letters[Math.floor(Math.random() * letters.length)] as string;
      const keys = [...new Set(Array.from({ length: 60 }, () => `k${Array.from({ length: 4 }, pick).join('')}`))];
      const valid = keys.filter((key) => !key.split('/').some((part) => part === '.' || part === '..'));
      await Promise.all(valid.map((key) => objects.put(key, Buffer.from(key))));
      for (const prefix of ['', 'k', 'ka', 'ka/', 'k/', 'k/a', 'k/a/', 'k-', 'ké', 'x', '/', '../', 'ka//', 'k'.repeat(2000)]) {
        for (const limit of [1, 7, 1000]) {
          const listed: string[] = [];
          for (let after: string | undefined = ''; after !== undefined;) {
            const page = await objects.list({ prefix, after, limit });
            assert.ok(page.items.length <= limit);
            listed.push(...page.items.map(({ key }) => key));
            after = page.next;
          }
          const expected = valid.filter((key) => key.startsWith(prefix)).toSorted(byBytes);
          assert.deepEqual(listed, expected, `keys under ${prefix} by ${limit}`);
        }
      }
      for (const after of ['k', 'ka/', 'ka', 'k-\u{10ffff}', 'z', ' ', 'ka/b-']) {
        const expected = valid.filter((key) => byBytes(key, after) > 0).toSorted(byBytes);
        assert.deepEqual(await keysOf(objects, { after }), expected, `keys behind ${after}`);
        assert.deepEqual(
          await keysOf(objects, { after, prefix: 'ka' }),
          expected.filter((key) => key.startsWith('ka')),
        );
      }
    });

    check('services do not see each other', async (objects, { facility }) => {
      await objects.put('mine', Buffer.from('x'));
      await using others = await facility.openObjects(await openTestOwner());
      assert.deepEqual(await keysOf(others), []);
      assert.equal(await others.delete('mine'), false);
      assert.equal(await objects.delete('mine'), true);
    });

    check('who no longer waits is told so, before and in the middle of it', async (objects) => {
      await objects.put('key', randomBytes(LARGE));
      const gone = AbortSignal.abort();
      const late = AbortSignal.abort(new AppError('deadline', 'It did not answer in time.'));
      for (const [signal, code] of [
        [gone, 'cancelled'],
        [late, 'deadline'],
      ] as const) {
        await assert.rejects(objects.put('new', Buffer.from('x'), { signal }), refuses(code));
        await assert.rejects(objects.put('new', streamOf(randomBytes(SMALL)), { signal }), refuses(code));
        await assert.rejects(objects.get('key', { signal }), refuses(code));
        await assert.rejects(objects.stat('key', signal), refuses(code));
        await assert.rejects(objects.list({ signal }), refuses(code));
        await assert.rejects(objects.delete('key', signal), refuses(code));
      }
      assert.deepEqual(await keysOf(objects), ['key']);

      const leaving = new AbortController();
      const { body } = await objects.get('key', { signal: leaving.signal });
      const { body: unread } = await objects.get('key', { signal: leaving.signal });
      const reading = (async () => {
        for await (const chunk of body) if ((chunk as Buffer).length > 0) leaving.abort();
      })();
      await assert.rejects(reading, refuses('cancelled'));
      await assert.rejects(whole(unread), refuses('cancelled'));
    });

    check('operations are counted by their outcome, and bytes by their direction', async (objects, { metrics }) => {
      await objects.put('key', Buffer.alloc(1000));
      await whole((await objects.get('key', { range: { start: 900 } })).body);
      await assert.rejects(objects.get('no'));
      await assert.rejects(objects.put('../x', Buffer.from('')));
      const text = await metrics();
      assert.match(text, /^mlab_objects_bytes_total\{direction="written"\} 1000$/m);
      assert.match(text, /^mlab_objects_bytes_total\{direction="read"\} 100$/m);
      for (const labels of ['put",outcome="ok', 'put",outcome="invalid', 'get",outcome="ok', 'get",outcome="not_found'])
        assert.ok(text.includes(`mlab_objects_operation_duration_seconds_count{operation="${labels}"} 1`), `${labels} in ${text}`);
    });

    test('close', async () => (await shared)?.[Symbol.asyncDispose]());
  });
}

async function* textsOf(bytes: number): AsyncGenerator<string> {
  for (let sent = 0; sent < bytes; sent += 1000) yield 'x'.repeat(1000);
}
