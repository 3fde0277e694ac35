import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DurationHistogram, openLines, openLog, openTelemetry, parseTraceparent, plainTracer, printable } from '@mlab/telemetry';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

for (const [header, known] of [
  [`00-${TRACE}-${SPAN}-01`, true],
  [`cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`, true],
  [`00-${TRACE}-${SPAN}-01-more`, false],
  [`ff-${TRACE}-${SPAN}-01`, false],
  [`00-${'0'.repeat(32)}-${SPAN}-01`, false],
  [`00-${TRACE}-${'0'.repeat(16)}-01`, false],
  [`00-${TRACE.toUpperCase()}-${SPAN}-01`, false],
  [`00-${TRACE}-${SPAN}`, false],
  ['', false],
] as const) {
  test(`traceparent "${header}" is ${known ? 'read' : 'not taken for one'}`, () => {
    assert.equal(parseTraceparent(header)?.traceId, known ? TRACE : undefined);
  });
}

for (const flags of ['00', '01']) {
  test(`a span keeps the trace, the sampling (${flags}) and the state of its parent, and has an identifier of its own`, () => {
    const parent = { traceparent: `00-${TRACE}-${SPAN}-${flags}`, tracestate: 'a=1' };
    const server = plainTracer.start('x', 'server', parent);
    const client = plainTracer.start('y', 'client', server);
    for (const span of [server, client]) {
      assert.equal(span.traceId, TRACE);
      assert.equal(span.tracestate, 'a=1');
      assert.match(span.traceparent, new RegExp(`^00-${TRACE}-[0-9a-f]{16}-${flags}$`));
    }
    assert.equal(new Set([parent, server, client].map(({ traceparent }) => traceparent)).size, 3);
  });
}

test('identifiers do not repeat', () => {
  const ids = Array.from({ length: 20_000 }, () => plainTracer.start('x', 'server', undefined).traceId);
  assert.equal(new Set(ids).size, ids.length);
});

for (const [text, shown] of [
  ['plain', 'plain'],
  ['a\nb\tc', String.raw`a\u000ab\u0009c`],
  ['\u001b[2J\u009b', String.raw`\u001b[2J\u009b`],
  ['\u202etxt.exe', String.raw`\u202etxt.exe`],
  ['日本🐟é', '日本🐟é'],
  ['123456789012', '1234567890… (12 in all)'],
] as const) {
  test(`${JSON.stringify(text)} is shown as ${JSON.stringify(shown)}`, () => {
    assert.equal(printable(text, 10), shown);
  });
}

for (const level of ['info', 'warn'] as const) {
  test(`lines put together say what the logger would say, at the level ${level}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'mlab-lines-'));
    try {
      const file = join(folder, 'log');
      const values = { status: 200, ms: 0.25, caller: 'a "b"\n\ud800' };
      const log = openLog({ level, file });
      for (const logger of [log.logger, log.logger.child({ service: 'x"y' })]) {
        logger.info(values, 'a "message"');
        openLines(logger, 'a "message"')(JSON.stringify(values).slice(1, -1));
      }
      log[Symbol.dispose]();
      const lines = readFileSync(file, 'utf8')
        .replaceAll(/"time":"[^"]*"/g, '"time":""')
        .split('\n')
        .slice(0, -1);
      assert.equal(lines.length, level === 'info' ? 4 : 0);
      assert.equal(lines[1], lines[0]);
      assert.equal(lines[3], lines[2]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test('durations are counted into the buckets, sum and count that Prometheus expects', async () => {
  using log = openLog({ level: 'silent' });
  await using telemetry = await openTelemetry({ service: 'x', version: '0', logger: log.logger, env: {} });
  const histogram = new DurationHistogram({ name: 'test_seconds', help: 'A test.', registry: telemetry.metrics.registry });
  const quick = histogram.labelled({ operation: 'a "b"\n' });
  for (const seconds of [0.0005, 0.0006, 0.2, 99]) quick.observe(seconds);
  histogram.labelled({ operation: 'c' }).observe(1);
  assert.equal(histogram.labelled({ operation: 'c' }), histogram.labelled({ operation: 'c' }), 'a label set is kept');
  const lines = (await telemetry.metrics.expose()).split('\n').filter((line) => line.includes('test_seconds'));
  assert.deepEqual(lines.slice(0, 2), ['# HELP test_seconds A test.', '# TYPE test_seconds histogram']);
  const value = (start: string): string | undefined =>
    lines
      .find((line) => line.startsWith(start))
      ?.split(' ')
      .at(-1);
  assert.equal(value(String.raw`test_seconds_bucket{le="0.0005",operation="a \"b\"\n"}`), '1');
  assert.equal(value('test_seconds_bucket{le="0.001"'), '2');
  assert.equal(value('test_seconds_bucket{le="0.25"'), '3');
  assert.equal(value('test_seconds_bucket{le="10"'), '3');
  assert.equal(value('test_seconds_bucket{le="+Inf"'), '4');
  assert.equal(value('test_seconds_count'), '4');
  assert.ok(Math.abs(Number(value('test_seconds_sum')) - 99.2011) < 1e-9);
  assert.equal(lines.filter((line) => line.includes('operation="c"')).length, 17);
});
