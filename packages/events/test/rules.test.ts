import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig, schema } from '@mlab/kernel';
import { eventsSettings } from '@mlab/events';
import { Type } from '@mlab/schema';
import { attributeFault, checkType } from '../src/attribute.ts';
import { backoffMs } from '../src/backoff.ts';
import { createDataCheck } from '../src/data-check.ts';
import { readEnvelope, writeEnvelope } from '../src/envelope.ts';
import { openReply } from '../src/reply.ts';

test('an attribute is text that CloudEvents allows', () => {
  for (const allowed of ['a', 'ключ', '🦀', ' ', 'x'.repeat(10)]) assert.equal(attributeFault(allowed, 10), undefined, allowed);
  for (const forbidden of [
    '',
    'x'.repeat(11),
    'a\u0000',
    '\n',
    '\u007f',
    '\u0085',
    '\ud800',
    'a\udfff',
    '\ufdd0',
    '\uffff',
    '\u{1fffe}',
    7,
    null,
  ])
    assert.notEqual(attributeFault(forbidden, 10), undefined, JSON.stringify(forbidden));
});

test('a type is one that both buses can carry', () => {
  for (const type of ['shop.order-placed@1', 'a.b.c@12']) checkType(type);
  for (const type of ['shop@1', 'shop.placed', 'shop.placed@0', 'shop.*@1', 'shop.>@1', 'shop.a b@1', 'shop..a@1', 'Shop.a@1', '.a@1'])
    assert.throws(() => checkType(type), /is not of the form/, type);
});

test('waits are doubled up to a cap and scattered over their upper half', () => {
  const policy = { baseMs: 500, capMs: 60_000 };
  assert.deepEqual(
    [1, 2, 3, 8, 1000].map((failures) => backoffMs(failures, policy, () => 1)),
    [500, 1000, 2000, 60_000, 60_000],
  );
  assert.deepEqual(
    [1, 2, 1000].map((failures) => backoffMs(failures, policy, () => 0)),
    [250, 500, 30_000],
  );
});

test('what is wrong with data is said by field, expectation and value', () => {
  const check = createDataCheck(schema(Type.Object({ a: Type.Object({ b: Type.Array(Type.Integer()) }) })));
  assert.equal(check.fault({ a: { b: [1] } }), undefined);
  assert.equal(check.fault({ a: { b: [1, 'x'] } }), 'data.a.b.1 must be integer, got "x"');
  assert.equal(check.fault({ a: { b: {} } }), 'data.a.b must be array, got {}');
  assert.match(check.fault({ a: {} }) ?? '', /^data\.a must have required properties b/);
  assert.equal(check.fault(undefined), 'data must be object, got nothing');
});

test('an envelope is read as it was written, and refused when it is none', () => {
  const spec = { service: 'shop', type: 'shop.a-b@1', time: new Date(0), data: { x: ['\u0000\ud800'] }, key: 'k' };
  const { id, text } = writeEnvelope(spec);
  assert.deepEqual(readEnvelope(text), {
    specversion: '1.0',
    id,
    source: '/services/shop',
    type: 'shop.a-b@1',
    time: '1970-01-01T00:00:00.000Z',
    datacontenttype: 'application/json',
    partitionkey: 'k',
    data: { x: ['\u0000\ud800'] },
  });
  assert.ok(text.isWellFormed() && !text.includes('\u0000'), 'the text itself holds neither NUL nor lone surrogates');
  const broken = (change: object): string => JSON.stringify({ ...JSON.parse(text), ...change });
  for (const change of [
    { specversion: '0.3' },
    { id: '' },
    { id: 7 },
    { source: undefined },
    { time: 'now' },
    { partitionkey: 'a\u0000' },
    { replyto: {} },
  ])
    assert.throws(() => readEnvelope(broken(change)), /^Error: The attribute /, JSON.stringify(change));
  for (const nonsense of ['', 'null', '[]', '1', '{']) assert.throws(() => readEnvelope(nonsense));
});

test('a reply is an output or an error, whatever it holds', () => {
  assert.equal(openReply({ output: 7 }), 7);
  assert.throws(() => openReply({ error: { code: 'conflict', message: 'No.' } }), { code: 'conflict', message: 'No.' });
  assert.throws(() => openReply({ error: { code: 'toString', message: 7 } }), { code: 'bad_gateway' });
});

test('settings have defaults', () => {
  const { bus, maxAttempts, natsUrl } = readConfig('events', eventsSettings, { NATS_URL: 'nats://there:1' });
  assert.deepEqual([bus, maxAttempts, natsUrl], ['postgres', 8, 'nats://there:1']);
  assert.throws(
    () => readConfig('events', eventsSettings, { MLAB_EVENTS_BUS: 'kafka' }),
    /MLAB_EVENTS_BUS is "kafka"; it takes postgres \| nats/,
  );
});
