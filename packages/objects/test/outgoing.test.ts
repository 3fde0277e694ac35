import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import { AppError } from '@mlab/kernel';
import { openOutgoing } from '#/outgoing.ts';

/** Also after an error, and without hearing it: that is what is looked at here. */
const closing = (stream: Readable): Promise<void> =>
  new Promise((resolve) => {
    stream.once('close', resolve);
  });

test('a body that has arrived and that nobody has begun to read when the signal aborts takes nothing down', async () => {
  const leaving = new AbortController();
  const source = Readable.from([Buffer.from('small')]);
  const body = openOutgoing(source, { signal: leaving.signal, count: () => {}, explain: (error) => error });
  await closing(source);
  await setImmediate();
  const closed = closing(body);
  leaving.abort();
  await closed;
  await assert.rejects(buffer(body), (error) => AppError.is(error, 'cancelled'));
});

test('an error of the source is explained to the reader', async () => {
  const source = new Readable({ read: () => source.destroy(new Error('inside')) });
  const body = openOutgoing(source, { signal: undefined, count: () => {}, explain: () => new Error('outside') });
  await assert.rejects(buffer(body), /outside/);
});

test('a body that is destroyed before it is read closes its source', async () => {
  const source = new Readable({ read: () => {} });
  const closed = closing(source);
  openOutgoing(source, { signal: undefined, count: () => {}, explain: (error) => error }).destroy();
  await closed;
});
