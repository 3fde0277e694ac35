import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { exportRequest, type TestSpan } from '../otlp-messages.ts';
import { newSpanId, newTraceId, type OpenTraces, type TestTraces } from '../traces-for-test.ts';

/** Spans that are not kept, and what exporters are told of them. */
export function refusalTests(open: OpenTraces): void {
  let traces: TestTraces;
  before(async () => {
    traces = await open();
  });

  const span = (more: Partial<TestSpan> = {}): TestSpan => ({ traceId: newTraceId(), id: newSpanId(), ...more });

  describe('what cannot be kept is refused, and nothing of it is kept', () => {
    const good = exportRequest([{ traceId: 'aa'.repeat(16), id: newSpanId() }]);
    const bomb = gzipSync(Buffer.alloc(80_000_000));
    for (const [what, body, headers, status, said] of [
      ['another type', good, { 'content-type': 'text/plain' }, 400, /Invalid Content-Type: text\/plain/],
      ['another compression', good, { 'content-encoding': 'br' }, 400, /Unsupported Content-Encoding: br/],
      ['what is not compressed', good, { 'content-encoding': 'gzip' }, 400, /Failed to decompress gzip payload/],
      ['what is not compressed either', good, { 'content-encoding': 'deflate' }, 400, /Failed to decompress deflate payload/],
      ['what becomes huge', bomb, { 'content-encoding': 'gzip' }, 413, /at most 67108864 bytes/],
      [
        'what becomes huge as JSON',
        bomb,
        { 'content-encoding': 'gzip', 'content-type': 'application/json' },
        413,
        /at most 16777216 bytes/,
      ],
      ['nothing', Buffer.alloc(0), {}, 400, /no spans found/],
      ['half of it', good.subarray(0, good.length - 3), {}, 400, /Invalid OpenTelemetry format/],
      ['JSON that is not UTF-8', Buffer.from([0x7b, 0xff]), { 'content-type': 'application/json' }, 400, /not UTF-8/],
      [
        'a span without an id',
        exportRequest([
          { traceId: 'aa'.repeat(16), id: newSpanId() },
          { traceId: 'aa'.repeat(16), id: '' },
        ]),
        {},
        422,
        /no span id/,
      ],
      [
        'an experiment that is not there',
        good,
        { 'x-mlflow-experiment-id': '999' },
        404,
        /RESOURCE_DOES_NOT_EXIST.*No Experiment with id=999 exists/,
      ],
      ['an experiment that cannot be', good, { 'x-mlflow-experiment-id': 'x' }, 400, /Experiment ID must be a valid integer/],
    ] as const) {
      test(what, async () => {
        const answer = await traces.post(body, headers);
        assert.equal(answer.status, status, JSON.stringify(answer.body));
        assert.match(JSON.stringify(answer.body), said);
        assert.equal((await traces.ask('GET', `/tr-${'aa'.repeat(16)}`)).status, 404);
      });
    }

    test('no experiment', async () => {
      const answer = await fetch(`${traces.tracking.url}/v1/traces`, {
        method: 'POST',
        body: good,
        headers: { 'content-type': 'application/x-protobuf' },
      });
      assert.deepEqual(
        [answer.status, ((await answer.json()) as { detail: { loc: string[] }[] }).detail[0]?.loc],
        [422, ['header', 'x-mlflow-experiment-id']],
      );
    });

    test('spans of a trace whose spans are in a file', async () => {
      const traceId = newTraceId();
      const info = {
        trace_id: `tr-${traceId}`,
        trace_location: { mlflow_experiment: { experiment_id: traces.experimentId } },
        tags: { 'mlflow.trace.spansLocation': 'ARTIFACT_REPO' },
      };
      await traces.must('POST', '', { trace: { trace_info: info } });
      const answer = await traces.post(exportRequest([span(), span({ traceId })]));
      assert.deepEqual([answer.status, answer.body.error_code], [409, 'INVALID_STATE']);
      assert.equal((await traces.ask('GET', `/get?trace_id=tr-${traceId}`)).body.error_code, 'RESOURCE_DOES_NOT_EXIST');
    });
  });
}
