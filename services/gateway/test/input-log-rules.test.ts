import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { AppError } from '@mlab/kernel';
import { inputsLogged } from '#/domain/input-log/batch-event.ts';
import { csvLine, harmless } from '#/domain/input-log/csv.ts';
import { decodeCursor, encodeCursor } from '#/domain/input-log/cursor.ts';
import { failedWith, LOGGED, PENDING, predictedAs, type Entry } from '#/domain/input-log/entry.ts';
import { firstIdAt, INPUT_ID, openInputIds, timeOf } from '#/domain/input-log/input-id.ts';
import { rowsBeyond } from '#/domain/input-log/retention.ts';
import { decodeRecords, encodeRecord } from '#/domain/input-log/spool-record.ts';
import { fromStored, lengthOf, toPattern, toStored } from '#/domain/input-log/stored-text.ts';
import { readTime } from '#/domain/input-log/time-range.ts';
import { seeded } from './virtual-clock.ts';

const entry = (changes: Partial<Entry> = {}): Entry => ({
  id: firstIdAt(1_700_000_000_000),
  data: 'x',
  length: 1,
  sha256: undefined,
  traceId: '0'.repeat(32),
  ...PENDING,
  ...changes,
});

for (const [text, stored] of [
  ['', ''],
  ['plain "text" \\ with 日本🐟 and \u0301', 'plain "text" \\ with 日本🐟 and \u0301'],
  ['a\0b', 'a\u001a0000b'],
  ['\ud83d', '\u001ad83d'],
  ['\udc1f\ud83d', '\u001adc1f\u001ad83d'],
  ['\ud83d\ud83d\udc1f\udc1f', '\u001ad83d\ud83d\udc1f\u001adc1f'],
  ['\u001a0000', '\u001a001a0000'],
] as const) {
  test(`${JSON.stringify(text)} is stored as ${JSON.stringify(stored)}, and comes back`, () => {
    assert.equal(toStored(text), stored);
    assert.equal(fromStored(stored), text);
  });
}

test('any text comes back as it was, and what is stored has neither NUL nor halves of pairs', () => {
  const random = seeded(7);
  const units = [0, 0x1a, 0x61, 0x30, 0xd83d, 0xdc1f, 0xd800, 0xdfff, 0x5c, 0x20ac];
  for (let round = 0; round < 2000; round++) {
    const text = Array.from({ length: Math.floor(random() * 12) }, () =>
      String.fromCharCode(units[Math.floor(random() * units.length)] as number),
    ).join('');
    const stored = toStored(text);
    assert.ok(stored.isWellFormed() && !stored.includes('\0'), JSON.stringify(text));
    assert.equal(fromStored(stored), text);
    assert.equal(lengthOf(text), Array.from(text).length, JSON.stringify(text));
  }
});

test('a text to look for means itself', () => {
  assert.equal(toPattern('50%_\\ \0'), '%50\\%\\_\\\\ \u001a0000%');
});

test('ids are UUIDs of version 7 that only grow, whatever the clock does', () => {
  const times = [1000, 1000, 1001, 900, 1001, 1002];
  let at = 0;
  const next = openInputIds(() => times[at++] ?? 1002, seeded(1));
  const ids = Array.from({ length: 10_000 }, next);
  for (const [index, id] of ids.entries()) {
    assert.match(id, INPUT_ID);
    if (index > 0) assert.ok(id > (ids[index - 1] as string), `${id} comes after ${ids[index - 1]}`);
  }
  assert.deepEqual(ids.slice(0, 6).map(timeOf), [1000, 1000, 1001, 1001, 1001, 1002]);
  assert.ok(timeOf(ids.at(-1) as string) <= 1005, 'the time runs ahead only as far as the counter needs');
});

test('the first id of a time stands before all ids of it and behind all earlier ones', () => {
  const next = openInputIds(() => 5000, seeded(2));
  assert.ok(firstIdAt(5000) < next() && next() < firstIdAt(5001));
  assert.equal(timeOf(firstIdAt(5000)), 5000);
  assert.match(firstIdAt(-1), INPUT_ID);
  assert.match(firstIdAt(Number.MAX_SAFE_INTEGER), INPUT_ID);
});

test('a cursor says nothing and leads back; any other text is refused', () => {
  const id = openInputIds(() => 1_700_000_000_000, seeded(3))();
  assert.equal(decodeCursor(encodeCursor(id)), id);
  for (const wrong of [
    '',
    'x',
    id,
    `${encodeCursor(id)}A`,
    encodeCursor(id).slice(1),
    encodeCursor('0'.repeat(32)),
    `${encodeCursor(id)}=`,
  ])
    assert.throws(
      () => decodeCursor(wrong),
      (error) => AppError.is(error, 'invalid') && error.issues?.[0]?.loc[1] === 'cursor',
      wrong,
    );
});

for (const [cells, line] of [
  [['a', 1, undefined], 'a,1,\r\n'],
  [['a,b', 'say "hi"', 'two\nlines', 'cr\r'], '"a,b","say ""hi""","two\nlines","cr\r"\r\n'],
  [['', ' padded ', 0.5], '," padded ",0.5\r\n'],
] as const) {
  test(`the cells ${JSON.stringify(cells)} are the line ${JSON.stringify(line)}`, () => assert.equal(csvLine(cells), line));
}

test('what a spreadsheet would run gets a quote before it', () => {
  for (const formula of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1']) assert.equal(harmless(formula), `'${formula}`);
  for (const text of ['', 'a=1', ' =1', "'=1"]) assert.equal(harmless(text), text);
});

for (const [text, expected] of [
  ['2026-01-31T12:00:00Z', Date.UTC(2026, 0, 31, 12)],
  ['2026-01-31t12:00:00.5z', Date.UTC(2026, 0, 31, 12, 0, 0, 500)],
  ['2026-01-31T12:00:00+02:00', Date.UTC(2026, 0, 31, 10)],
  ['2026-01-31T12:00:00 02:00', Date.UTC(2026, 0, 31, 10)],
  ['2026-01-31T12:00:00-02:30', Date.UTC(2026, 0, 31, 14, 30)],
  ['2026-02-30T12:00:00Z', undefined],
  ['2026-13-01T12:00:00Z', undefined],
  ['2026-01-31T25:00:00Z', undefined],
  ['2026-01-31T12:00:00', undefined],
  ['2026-01-31', undefined],
  ['yesterday', undefined],
] as const) {
  test(`the time ${text} is ${expected === undefined ? 'refused' : new Date(expected).toISOString()}`, () => {
    if (expected === undefined)
      assert.throws(
        () => readTime('from', text),
        (error) => AppError.is(error, 'invalid'),
      );
    else assert.equal(readTime('from', text), expected);
  });
}

test('records of a spool come back in order, and the beginning of one at the end is not one', () => {
  const entries = [entry({ data: 'a\0\ud83d' }), entry({ ...LOGGED, data: undefined, sha256: 'ff' }), entry({ data: '日本'.repeat(1000) })];
  const records = entries.map((one) => encodeRecord(one, crc32));
  const whole = Buffer.concat(records);
  const read = decodeRecords(whole, crc32);
  assert.deepEqual(JSON.parse(JSON.stringify(read.entries)), JSON.parse(JSON.stringify(entries)));
  assert.equal(read.consumed, whole.length);
  const lastStart = whole.length - (records[2] as Uint8Array).length;
  for (let cut = lastStart; cut < whole.length; cut += 7) {
    const torn = decodeRecords(whole.subarray(0, cut), crc32);
    assert.deepEqual([torn.entries.length, torn.consumed, torn.rest], [2, lastStart, 'incomplete'], `cut at ${cut}`);
    if (cut >= lastStart + 8) assert.equal(lastStart + torn.needed, whole.length);
  }
});

test('a changed bit, zeros or a senseless length are damage, and nothing behind them is believed', () => {
  const [first, second] = [encodeRecord(entry(), crc32), encodeRecord(entry({ data: 'y' }), crc32)];
  for (const spoil of [
    (bytes: Uint8Array) => void (bytes[first.length + 20]! ^= 1),
    (bytes: Uint8Array) => void (bytes[first.length + 5]! ^= 1),
    (bytes: Uint8Array) => void bytes.fill(0, first.length),
    (bytes: Uint8Array) => void bytes.fill(255, first.length, first.length + 4),
  ]) {
    const bytes = new Uint8Array(Buffer.concat([first, second, first]));
    spoil(bytes);
    const { entries, consumed, rest } = decodeRecords(bytes, crc32);
    assert.deepEqual([entries.length, consumed, rest], [1, first.length, 'damaged']);
  }
});

test('an ending says what is known, and model and version where Service B says them', () => {
  const answer = { prediction: { class: 'cat', confidence: 0.5, input_length: 1, version: 7 }, message: 'm', model: 'pets' };
  const { model, modelVersion, latencyMs, status, prediction } = predictedAs('predicted', answer, 1.23456);
  assert.deepEqual([model, modelVersion, latencyMs, status], ['pets', '7', 1.235, 200]);
  assert.deepEqual(JSON.parse(prediction ?? ''), answer);
  assert.equal(predictedAs('fallback', { prediction: { class: 'x', confidence: 0 } }, 1).model, undefined);
  assert.deepEqual([failedWith(503, 'e').outcome, failedWith(499, 'e').outcome], ['failed', 'cancelled']);
});

test('the event of a batch holds its range and its classes', () => {
  const ids = [1005, 1001, 1009].map(firstIdAt) as [string, string, string];
  const predicted = { ...PENDING, outcome: 'predicted', class: 'ca\0t' } as const;
  assert.deepEqual(inputsLogged([entry({ id: ids[0] }), entry({ id: ids[1], ...predicted }), entry({ id: ids[2], ...predicted })]), {
    count: 3,
    pending: 1,
    firstId: ids[1],
    lastId: ids[2],
    from: '1970-01-01T00:00:01.001Z',
    to: '1970-01-01T00:00:01.010Z',
    byClass: { 'ca\u001a0000t': 2 },
  });
});

for (const [size, keep, rows] of [
  [{ totalBytes: 1000, rows: 10, bytesPerRow: 100 }, 1000, 0],
  [{ totalBytes: 1100, rows: 11, bytesPerRow: 100 }, 1000, 1],
  [{ totalBytes: 5000, rows: 8, bytesPerRow: 100 }, 1000, 0],
  [{ totalBytes: 5000, rows: 50, bytesPerRow: 100 }, 1000, 40],
  [{ totalBytes: 5000, rows: 2, bytesPerRow: 2000 }, 1000, 2],
  [{ totalBytes: 5000, rows: 0, bytesPerRow: 100 }, 1000, 0],
] as const) {
  test(`of ${size.rows} rows of ${size.bytesPerRow} bytes in ${size.totalBytes} bytes of files, ${rows} are more than ${keep} bytes hold`, () => {
    assert.equal(rowsBeyond(size, keep), rows);
  });
}
