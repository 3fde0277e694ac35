import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { exportRequest, type TestSpan } from '../otlp-messages.ts';
import { newSpanId, newTraceId, type OpenTraces, type TestTraces } from '../traces-for-test.ts';

/** Spans as exporters send them. */
export function spanTests(open: OpenTraces): void {
  let traces: TestTraces;
  before(async () => {
    traces = await open();
  });

  const recorded = (name: string): Buffer => readFileSync(new URL(`../otlp/${name}.bin`, import.meta.url));
  const span = (more: Partial<TestSpan> = {}): TestSpan => ({ traceId: newTraceId(), id: newSpanId(), ...more });
  const get = async (traceId: string, query = '') => (await traces.must('GET', `/get?trace_id=tr-${traceId}${query}`)).trace;
  const infoOf = async (traceId: string) => (await traces.must('GET', `/tr-${traceId}`)).trace.trace_info;
  const tokens = (input: bigint, output: bigint) => ({
    'mlflow.chat.tokenUsage': { input_tokens: input, output_tokens: output, total_tokens: input + output },
  });

  describe('spans are kept', () => {
    test("what MLflow's client sent comes back as it was sent", async () => {
      assert.deepEqual(await traces.post(recorded('mlflow-3.17')), { status: 200, body: '' });
      const [id = ''] = await traces.found("span.name = 'chat'");
      const { trace } = await traces.must('GET', `/get?trace_id=${id}&allow_partial=False`);
      const { trace_info: info, spans } = trace;
      assert.deepEqual(
        spans.map(({ name, status }: { name: string; status: object }) => [name, status]),
        [
          ['ask', { code: 'STATUS_CODE_OK' }],
          ['search', { code: 'STATUS_CODE_OK' }],
          ['chat', { code: 'STATUS_CODE_OK' }],
          ['parse', { code: 'STATUS_CODE_ERROR', message: 'ValueError: no <answer> in 😀' }],
        ],
      );
      const [root, search] = spans;
      assert.equal(search.parent_span_id, root.span_id);
      assert.equal(root.parent_span_id, undefined);
      assert.equal(Buffer.from(root.trace_id, 'base64').toString('hex'), id.slice(3));
      const attribute = (key: string): object => search.attributes.find((each: { key: string }) => each.key === key).value;
      assert.deepEqual(attribute('whole'), { double_value: 2 });
      assert.deepEqual(attribute('exact'), { bool_value: true });
      assert.deepEqual(attribute('list').valueOf(), {
        array_value: {
          values: [{ int_value: 1 }, { string_value: 'a' }, {}, { kvlist_value: { values: [{ key: 'b', value: { double_value: 2.5 } }] } }],
        },
      });
      assert.equal(spans[3].events[0].name, 'exception');
      assert.deepEqual([info.state, info.request_preview], ['OK', '{"question": "What is the capital of Switzerland?"}']);
      assert.equal(info.trace_metadata['mlflow.trace.tokenUsage'], '{"input_tokens": 12, "output_tokens": 3, "total_tokens": 15}');
      assert.equal(info.tags['mlflow.trace.spansLocation'], 'TRACKING_STORE');
      assert.equal(info.tags['mlflow.artifactLocation'], `mlflow-artifacts:/${traces.experimentId}/traces/${id}/artifacts`);
    });

    test('numbers that JavaScript would round stay what they are', async () => {
      const { traceId, id } = span();
      await traces.keep([{ traceId, id, start: 1_700_000_000_123_456_789n, attributes: { big: 9_007_199_254_740_993n } }]);
      const text = await (await fetch(`${traces.tracking.url}/api/3.0/mlflow/traces/get?trace_id=tr-${traceId}`)).text();
      assert.match(text, /"start_time_unix_nano":1700000000123456789,/);
      assert.match(text, /\{"key":"big","value":\{"int_value":9007199254740993\}\}/);
    });

    test("another instrumentation's words mean the same", async () => {
      assert.equal((await traces.post(recorded('opentelemetry-js'))).status, 200);
      const [id = ''] = await traces.found("span.name = 'chat gpt-4o' AND span.type = 'CHAT_MODEL'");
      const { trace_info: info } = (await traces.must('GET', `/${id}`)).trace;
      assert.deepEqual(
        [info.state, info.tags['service.name'], info.tags['host.cpus'], info.tags['telemetry.sdk.name']],
        ['ERROR', 'shop', '4', undefined],
      );
      assert.deepEqual(info.trace_metadata, {
        'mlflow.trace.session': 'session-1',
        'mlflow.trace.user': 'anna',
        'mlflow.trace.tokenUsage': '{"input_tokens": 100, "output_tokens": 20, "total_tokens": 120}',
      });
    });

    test('JSON, compressed in every way', async () => {
      for (const [encoding, compress] of [
        ['gzip', gzipSync],
        ['deflate', deflateSync],
        ['deflate', deflateRawSync],
        ['identity', (body: Buffer) => body],
      ] as const) {
        const { traceId, id } = span();
        const json = JSON.stringify({
          resourceSpans: [{ scopeSpans: [{ spans: [{ traceId, spanId: id, name: 'json', startTimeUnixNano: '1700000000000000000' }] }] }],
        });
        const headers = { 'content-type': 'application/json; charset=utf-8', 'content-encoding': encoding };
        assert.equal((await traces.post(compress(Buffer.from(json)), headers)).status, 200, encoding);
        assert.equal((await get(traceId)).spans[0].name, 'json');
      }
    });

    test('a span that comes again takes the place of the former one', async () => {
      const { traceId, id } = span();
      await traces.keep([span({ traceId, id, name: 'begun', end: 0n }), span({ traceId, id, name: 'begun again', end: 0n })]);
      assert.equal((await get(traceId)).trace_info.execution_duration, undefined);
      const ended = span({
        traceId,
        id,
        name: 'ended',
        code: 2,
        message: 'm',
        attributes: { a: 'new' },
        events: [{ name: 'e', time: 1n }],
      });
      await Promise.all(Array.from({ length: 5 }, () => traces.keep([ended])));
      const { spans, trace_info: info } = await get(traceId);
      assert.deepEqual([spans.length, info.execution_duration], [1, '1.500s']);
      const { name, status, attributes, events } = spans[0];
      assert.deepEqual([name, status, events], ['ended', { code: 'STATUS_CODE_ERROR', message: 'm' }, [{ time_unix_nano: 1, name: 'e' }]]);
      assert.deepEqual(attributes[0], { key: 'a', value: { string_value: 'new' } });
    });

    test('a trace grows by what comes later, in any order', async () => {
      const traceId = newTraceId();
      const root = newSpanId();
      const start = 1_700_000_000_000_000_000n;
      await traces.keep([
        span({ traceId, parentId: root, start: start + 500_000_000n, end: start + 900_000_000n, attributes: tokens(10n, 1n) }),
      ]);
      assert.deepEqual([(await infoOf(traceId)).state, (await infoOf(traceId)).execution_duration], ['IN_PROGRESS', '0.400s']);
      await traces.keep([span({ traceId, parentId: root, start, end: start + 100_000_000n, attributes: tokens(20n, 2n) })]);
      await traces.keep([
        span({
          traceId,
          id: root,
          start: start - 1_000_000n,
          end: start + 1_000_000_000n,
          code: 2,
          attributes: { 'mlflow.spanInputs': 'in' },
        }),
      ]);
      const info = await infoOf(traceId);
      assert.deepEqual([info.state, info.execution_duration, info.request_time], ['ERROR', '1.001s', '2023-11-14T22:13:19.999Z']);
      assert.equal(info.trace_metadata['mlflow.trace.tokenUsage'], '{"input_tokens": 30, "output_tokens": 3, "total_tokens": 33}');
      assert.equal(info.request_preview, '"in"');
      // The parent says the sum of its children, so they are not counted again.
      await traces.keep([span({ traceId, id: root, start, attributes: tokens(33n, 3n) })]);
      assert.match((await infoOf(traceId)).trace_metadata['mlflow.trace.tokenUsage'], /"input_tokens": 33,/);
    });

    test('many write one trace and many traces at once, and nothing is lost', async () => {
      const ids = Array.from({ length: 6 }, newTraceId);
      const writers = Array.from({ length: 12 }, () =>
        ids.map((traceId) => span({ traceId, parentId: newSpanId(), attributes: tokens(1n, 1n) })),
      );
      await Promise.all(writers.map((spans, writer) => traces.keep(writer % 2 === 0 ? spans : spans.toReversed())));
      for (const traceId of ids) {
        const { spans, trace_info: info } = await get(traceId);
        assert.equal(spans.length, 12);
        assert.match(info.trace_metadata['mlflow.trace.tokenUsage'], /"total_tokens": 24/);
      }
    });

    test('tags of the root and of what made it, none that are ours to set', async () => {
      const one = span({
        attributes: {
          'mlflow.traceTag.team': 'blue',
          'mlflow.traceTag.mlflow.trace.spansLocation': 'elsewhere',
          'mlflow.traceRequestId': 'tr-other',
        },
      });
      await traces.keep([one], { team: 'red', 'mlflow.trace.spansLocation': 'nowhere', 'a b\nc': 'no key', 'telemetry.sdk.name': 'x' });
      const { trace_info: info, spans } = await get(one.traceId);
      assert.deepEqual(
        [info.tags.team, info.tags['mlflow.trace.spansLocation'], info.tags['a b\nc']],
        ['blue', 'TRACKING_STORE', undefined],
      );
      assert.deepEqual(spans[0].attributes.at(-1), { key: 'mlflow.traceRequestId', value: { string_value: `tr-${one.traceId}` } });
    });

    test('a run is linked that is there', async () => {
      const { run } = await traces.tracking.post('runs/create', { experiment_id: traces.experimentId });
      const one = span();
      assert.equal((await traces.post(exportRequest([one]), { 'x-mlflow-run-id': run.info.run_id })).status, 200);
      assert.deepEqual(await traces.found(`run_id = '${run.info.run_id}'`), [`tr-${one.traceId}`]);
      assert.equal((await traces.post(exportRequest([span()]), { 'x-mlflow-run-id': 'nobody' })).status, 200);
    });

    test('texts that no database keeps become others', async () => {
      const one = span({
        name: 'a\0b',
        message: 'm\0',
        attributes: { 'k\0': 'v\0', 'mlflow.spanInputs': { role: 'x\0' }, 'mlflow.traceTag.t': 'n\0' },
      });
      await traces.keep([one], { r: 'z\0' });
      const { spans, trace_info: info } = await get(one.traceId);
      assert.deepEqual([spans[0].name, info.tags['t'], info.tags['r']], ['a\ufffdb', 'n\ufffd', 'z\ufffd']);
      assert.deepEqual(await traces.found("span.content LIKE '%role%' AND span.attributes.k LIKE '%'"), []);
    });
  });
}
