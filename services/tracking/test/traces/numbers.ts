import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { exportRequest } from '../otlp-messages.ts';
import { locationsOf, newSpanId, newTraceId, type Json, type OpenTraces, type TestTraces } from '../traces-for-test.ts';

/** Numbers over traces, and their spans as files. */
export function numberTests(open: OpenTraces): void {
  let traces: TestTraces;
  before(async () => {
    traces = await open();
  });

  const assess = (trace: string, name: string, value: unknown) =>
    traces.must('POST', `/${trace}/assessments`, {
      assessment: { assessment_name: name, source: { source_type: 'CODE' }, feedback: { value } },
    });

  describe('numbers over traces, spans and assessments', () => {
    let experiment: string;
    const ask = (query: object) => traces.ask('POST', '/metrics', { experiment_ids: [experiment], ...query });
    const points = async (query: object) =>
      ((await ask(query)).body.data_points ?? []).map(({ dimensions = {}, values }: Json) => [
        ...Object.values(dimensions),
        ...Object.values(values),
      ]);

    before(async () => {
      experiment = ((await traces.tracking.post('experiments/create', { name: 'numbers' })) as { experiment_id: string }).experiment_id;
      for (const index of [1, 2, 3, 4]) {
        const traceId = newTraceId();
        const start = 1_767_225_600_000_000_000n + BigInt(index) * 40_000_000_000n;
        const attributes = {
          'mlflow.spanType': 'LLM',
          'mlflow.llm.model': index % 2 === 0 ? 'large' : 'small',
          'mlflow.chat.tokenUsage': { input_tokens: BigInt(index), output_tokens: 1n, total_tokens: BigInt(index) + 1n },
          'mlflow.llm.cost': { input_cost: index, output_cost: 0.5, total_cost: index + 0.5 },
          ...(index > 2 ? { 'session.id': 'one' } : {}),
        };
        await traces.post(
          exportRequest([
            {
              traceId,
              id: newSpanId(),
              name: 'chat',
              start,
              end: start + BigInt(index) * 100_000_000n,
              attributes,
              code: index === 4 ? 2 : 1,
            },
          ]),
          { 'x-mlflow-experiment-id': experiment },
        );
        await traces.must('PATCH', `/tr-${traceId}/tags`, { key: 'mlflow.traceName', value: index > 2 ? 'late' : 'early' });
        await assess(`tr-${traceId}`, 'quality', index % 2 === 0);
        await assess(`tr-${traceId}`, 'score', index);
      }
    });

    const COUNT = [{ aggregation_type: 'COUNT' }];
    for (const [what, query, expected] of [
      ['traces', { view_type: 'TRACES', metric_name: 'trace_count', aggregations: COUNT }, [[4]]],
      [
        'by name and status',
        { view_type: 'TRACES', metric_name: 'trace_count', aggregations: COUNT, dimensions: ['trace_name', 'trace_status'] },
        [
          ['early', 'OK', 2],
          ['late', 'ERROR', 1],
          ['late', 'OK', 1],
        ],
      ],
      ['sessions', { view_type: 'TRACES', metric_name: 'session_count', aggregations: COUNT }, [[1]]],
      [
        'percentiles of latency',
        {
          view_type: 'TRACES',
          metric_name: 'latency',
          aggregations: [{ aggregation_type: 'PERCENTILE', percentile_value: 50 }, { aggregation_type: 'MAX' }],
        },
        [[250, 400]],
      ],
      [
        'tokens per minute',
        {
          view_type: 'TRACES',
          metric_name: 'total_tokens',
          aggregations: [{ aggregation_type: 'SUM' }],
          time_interval_seconds: 60,
          start_time_ms: 0,
          end_time_ms: 1_767_225_730_000,
        },
        [
          ['2026-01-01T00:00:00+00:00', 2],
          ['2026-01-01T00:01:00+00:00', 3],
          ['2026-01-01T00:02:00+00:00', 4],
        ],
      ],
      [
        'spans',
        {
          view_type: 'SPANS',
          metric_name: 'span_count',
          aggregations: COUNT,
          dimensions: ['span_status', 'span_type'],
          filters: ["span.name = 'chat'"],
        },
        [
          ['ERROR', 'LLM', 1],
          ['OK', 'LLM', 3],
        ],
      ],
      [
        'cost by model',
        { view_type: 'SPANS', metric_name: 'total_cost', aggregations: [{ aggregation_type: 'SUM' }], dimensions: ['span_model_name'] },
        [
          ['large', 7],
          ['small', 5],
        ],
      ],
      [
        'values by name',
        {
          view_type: 'ASSESSMENTS',
          metric_name: 'assessment_value',
          aggregations: [{ aggregation_type: 'AVG' }],
          dimensions: ['assessment_name'],
          filters: ["trace.tag.mlflow.traceName = 'late'"],
        },
        [
          ['quality', 0.5],
          ['score', 3.5],
        ],
      ],
      [
        'values themselves',
        {
          view_type: 'ASSESSMENTS',
          metric_name: 'assessment_count',
          aggregations: COUNT,
          dimensions: ['assessment_value'],
          filters: ["trace.status = 'ERROR'"],
        },
        [
          ['4.0', 1],
          ['true', 1],
        ],
      ],
      [
        'of a session',
        {
          view_type: 'TRACES',
          metric_name: 'trace_count',
          aggregations: COUNT,
          filters: ["trace.metadata.`mlflow.trace.session` = 'one'"],
        },
        [[2]],
      ],
      [
        'of nothing',
        {
          view_type: 'TRACES',
          metric_name: 'latency',
          aggregations: [{ aggregation_type: 'AVG' }],
          filters: ["trace.status = 'IN_PROGRESS'"],
        },
        [],
      ],
    ] as const) {
      test(what, async () => assert.deepEqual(await points(query), expected));
    }

    const LATENCY = { view_type: 'TRACES', metric_name: 'latency', aggregations: [{ aggregation_type: 'AVG' }] };
    for (const [what, query] of [
      ['a metric that is none', { ...LATENCY, metric_name: 'constructor' }],
      ['a sum of latencies', { ...LATENCY, aggregations: [{ aggregation_type: 'SUM' }] }],
      ['a percentile of nothing', { ...LATENCY, aggregations: [{ aggregation_type: 'PERCENTILE' }] }],
      ['a dimension of spans', { ...LATENCY, dimensions: ['span_name'] }],
      ['a filter of spans', { ...LATENCY, filters: ["span.name = 'x'"] }],
      ['two filters in one', { ...LATENCY, filters: ["trace.status = 'OK' AND trace.status = 'OK'"] }],
      ['an entity that is none', { ...LATENCY, filters: ["trace.foo = 'x'"] }],
      ['steps without a time', { ...LATENCY, time_interval_seconds: 60 }],
      ['no step', { ...LATENCY, time_interval_seconds: 0, start_time_ms: 0, end_time_ms: 1 }],
    ] as const) {
      test(`${what} is refused`, async () => {
        const { status, body } = await ask(query);
        assert.deepEqual([status, body.error_code], [400, 'INVALID_PARAMETER_VALUE']);
      });
    }
  });

  describe('the spans as a file', () => {
    const file = (id: string, rest = '') => fetch(`${traces.tracking.url}/ajax-api/2.0/mlflow/get-trace-artifact?request_id=${id}${rest}`);

    test('made of what is kept', async () => {
      const traceId = newTraceId();
      const id = `tr-${traceId}`;
      await traces.keep([{ traceId, id: newSpanId() }]);
      const answer = await file(id);
      assert.equal(answer.headers.get('content-disposition'), 'attachment; filename=traces.json');
      const text = await answer.text();
      const { spans } = JSON.parse(text) as { spans: Readonly<Record<string, unknown>>[] };
      assert.deepEqual(spans[0]?.['attributes'], { 'mlflow.traceRequestId': `"${id}"` });
      assert.match(text, /"start_time_unix_nano":1700000000000000000,/);
      assert.deepEqual(
        [spans[0]?.['status'], spans[0]?.['events'], spans[0]?.['parent_span_id']],
        [{ code: 'STATUS_CODE_UNSET', message: '' }, [], null],
      );
    });

    test('or the one that its client has put there', async () => {
      const id = `tr-${newTraceId()}`;
      const info = {
        trace_id: id,
        trace_location: locationsOf(traces.experimentId)[0],
        tags: { 'mlflow.trace.spansLocation': 'ARTIFACT_REPO' },
      };
      await traces.must('POST', '', { trace: { trace_info: info } });
      assert.equal((await file(id)).status, 404);
      const path = `${traces.tracking.url}/api/2.0/mlflow-artifacts/artifacts/${traces.experimentId}/traces/${id}/artifacts`;
      for (const [name, body] of [
        ['traces.json', '{"spans":[]}'],
        ['attachments/a.txt', 'hello'],
      ] as const) {
        assert.equal((await fetch(`${path}/${name}`, { method: 'PUT', body })).status, 200);
      }
      assert.equal(await (await file(id)).text(), '{"spans":[]}');
      assert.equal(await (await file(id, '&path=a.txt')).text(), 'hello');
      assert.equal((await file(id, '&path=..%2F..%2Fx')).status, 400);
      assert.equal((await file('tr-nobody')).status, 404);
    });
  });
}
