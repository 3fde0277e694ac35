import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '@mlab/kernel';
import { backoffMs } from '#/backoff.ts';
import { readCursor, writeCursor } from '#/cursor.ts';
import { openSchedule, tickId } from '#/schedule.ts';

test('the wait before the next attempt doubles, between its half and its whole, up to its longest', () => {
  for (const [retry, failures, random, expected] of [
    [{}, 1, 0, 500],
    [{}, 1, 1, 1000],
    [{}, 2, 1, 2000],
    [{}, 5, 0.5, 12_000],
    [{}, 20, 1, 300_000],
    [{}, 20, 0, 150_000],
    [{}, 5000, 1, 300_000],
    [{ delayMs: 10, maxDelayMs: 35 }, 3, 1, 35],
    [{ delayMs: 10 }, 3, 0, 20],
  ] as const)
    assert.equal(backoffMs({ retry }, failures, random), expected, JSON.stringify([retry, failures, random]));
});

test('a cursor is read as it was written, and nothing else is one', () => {
  const position = { createdAt: '2026-02-28T23:59:59.123456Z', id: '0190c2d4-1111-4222-8333-444455556666' };
  assert.deepEqual(readCursor(writeCursor(position)), position);
  const { id } = position;
  for (const text of [
    '',
    'x',
    `2026-02-30T00:00:00.000000Z ${id}`,
    `0000-01-01T00:00:00.000000Z ${id}`,
    `2026-01-01T25:00:00.000000Z ${id}`,
    `${position.createdAt} x`,
  ])
    assert.throws(
      () => readCursor(Buffer.from(text).toString('base64url')),
      (error) => AppError.is(error, 'invalid'),
      text,
    );
});

test('a tick stays due until its job is made', () => {
  const hourly = (_: string, from: Date): Date => new Date((Math.floor(from.getTime() / 3_600_000) + 1) * 3_600_000);
  const at = (time: string): Date => new Date(`2030-01-01T${time}Z`);
  const nothing = { json: {} };
  const jobs = {
    ring: { summary: 'Ring', cron: '0 * * * *', input: nothing, output: nothing },
    other: { summary: '', input: nothing, output: nothing },
  };
  const schedule = openSchedule('tower', jobs, hourly, at('00:30:00'));
  assert.deepEqual(schedule.due(at('00:59:59')), []);
  const [tick] = schedule.due(at('01:00:00'));
  assert.deepEqual(tick, { kind: 'ring', at: at('01:00:00') });
  assert.deepEqual(schedule.due(at('01:00:05')), [tick]);
  assert.ok(tick !== undefined);
  schedule.done(tick, at('01:00:05'));
  assert.deepEqual(schedule.due(at('01:00:06')), []);
  assert.deepEqual(schedule.due(at('02:00:00')), [{ kind: 'ring', at: at('02:00:00') }]);
});

test('a tick has one id everywhere, and no other tick has it', () => {
  const at = new Date('2030-01-01T03:00:00Z');
  const id = tickId({ kind: 'sweep', at });
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(tickId({ kind: 'sweep', at: new Date(at) }), id);
  assert.notEqual(tickId({ kind: 'sweep', at: new Date(at.getTime() + 60_000) }), id);
  assert.notEqual(tickId({ kind: 'mop', at }), id);
});
