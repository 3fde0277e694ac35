import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { locationsOf, newSpanId, newTraceId, type Json, type OpenTraces, type TestTraces } from '../traces-for-test.ts';

/** What is known of traces, and how it changes. */
export function infoTests(open: OpenTraces): void {
  let traces: TestTraces;
  before(async () => {
    traces = await open();
  });

  /** What a client tells of a trace that it has ended. */
  const told = (more: object = {}, experimentId = traces.experimentId) => ({
    trace: {
      trace_info: {
        trace_id: `tr-${newTraceId()}`,
        trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: experimentId } },
        request_time: '2026-01-02T03:04:05.678Z',
        execution_duration: '1.250s',
        state: 'OK',
        ...more,
      },
    },
  });
  const start = async (more: object = {}, experimentId?: string): Promise<Json> =>
    (await traces.must('POST', '', told(more, experimentId))).trace.trace_info;
  const newExperiment = async (): Promise<string> =>
    ((await traces.tracking.post('experiments/create', { name: `of ${newTraceId()}` })) as { experiment_id: string }).experiment_id;
  const older = (method: string, path: string, body?: unknown) => traces.tracking.ask(method, `traces${path}`, body);

  describe('what is known of a trace', () => {
    test('is kept as its client tells it', async () => {
      const info = {
        client_request_id: 'req-1',
        request_preview: 'in',
        response_preview: 'out',
        trace_metadata: {
          'mlflow.trace.sizeStats': '{"num_spans": 0}',
          'mlflow.trace.tokenUsage': '{"output_tokens": 2, "input_tokens": 1, "odd": "x"}',
          own: 'm',
        },
        tags: { 'mlflow.traceName': 'run', color: 'blue' },
      };
      const kept = await start(info);
      assert.deepEqual(kept, (await traces.must('GET', `/${kept.trace_id}`)).trace.trace_info);
      assert.deepEqual(
        { ...kept, trace_id: '', tags: { ...kept.tags, 'mlflow.artifactLocation': '' } },
        {
          ...told(info).trace.trace_info,
          trace_id: '',
          trace_metadata: {
            ...info.trace_metadata,
            'mlflow.trace.tokenUsage': '{"input_tokens": 1, "output_tokens": 2}',
            'mlflow.trace.infoFinalized': 'true',
          },
          tags: { ...info.tags, 'mlflow.artifactLocation': '' },
        },
      );
    });

    test('wins over what its spans say, whichever comes first', async () => {
      const root = {
        id: newSpanId(),
        attributes: { 'mlflow.chat.tokenUsage': { input_tokens: 7n, output_tokens: 7n, total_tokens: 14n } },
      };
      const before = { ...root, traceId: newTraceId() };
      const behind = { ...root, traceId: newTraceId() };
      const info = { trace_metadata: { 'mlflow.trace.tokenUsage': '{"input_tokens": 1}' } };
      await traces.keep([before]);
      await start({ ...info, trace_id: `tr-${before.traceId}` });
      await start({ ...info, trace_id: `tr-${behind.traceId}` });
      await traces.keep([behind]);
      for (const { traceId } of [before, behind]) {
        const { trace_info: kept, spans } = (await traces.must('GET', `/get?trace_id=tr-${traceId}`)).trace;
        assert.deepEqual([kept.request_time, kept.execution_duration, spans.length], ['2026-01-02T03:04:05.678Z', '1.250s', 1]);
        assert.equal(kept.trace_metadata['mlflow.trace.tokenUsage'], '{"input_tokens": 1}');
      }
    });

    test('and its spans, told at the same moment, are both there', async () => {
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          const traceId = newTraceId();
          await Promise.all([start({ trace_id: `tr-${traceId}`, tags: { a: 'b' } }), traces.keep([{ traceId, id: newSpanId() }])]);
          const { trace_info: kept, spans } = (await traces.must('GET', `/get?trace_id=tr-${traceId}`)).trace;
          assert.deepEqual([kept.tags.a, kept.tags['mlflow.trace.spansLocation'], spans.length], ['b', 'TRACKING_STORE', 1]);
        }),
      );
    });

    test('a trace waits for the spans that its client has told of', async () => {
      const traceId = newTraceId();
      const id = `tr-${traceId}`;
      await start({ trace_id: id, trace_metadata: { 'mlflow.trace.sizeStats': '{"num_spans": 2}' } });
      await traces.keep([{ traceId, id: newSpanId() }]);
      assert.equal((await traces.must('GET', `/get?trace_id=${id}&allow_partial=true`)).trace.spans.length, 1);
      assert.deepEqual(await traces.must('GET', `/batchGet?trace_ids=${id}`), {});
      const whole = traces.must('GET', `/get?trace_id=${id}`);
      await traces.keep([{ traceId, id: newSpanId() }]);
      assert.equal((await whole).trace.spans.length, 2);
    });

    test('several are read at once, in the order of their ids, each once', async () => {
      const ids = [newTraceId(), newTraceId()];
      for (const traceId of ids) await traces.keep([{ traceId, id: newSpanId() }]);
      const asked = [ids[1], ids[0], ids[1], newTraceId()].map((id) => `tr-${id}`);
      const query = asked.map((id) => `trace_ids=${id}`).join('&');
      const found = async (rest: string) =>
        ((await traces.must('GET', `/batchGet?${query}${rest}`)).traces ?? []).map((each: Json) => each.trace_info.trace_id);
      assert.deepEqual(await found(''), asked.slice(0, 2));
      assert.deepEqual(await found(`&experiment_ids=${traces.experimentId}`), asked.slice(0, 2));
      assert.deepEqual(await found('&experiment_ids=0'), []);
      const { trace_infos: infos } = await traces.must('POST', '/batchGetInfos', { trace_ids: asked });
      assert.deepEqual(
        infos.map((info: Json) => info.trace_id),
        asked.slice(0, 2),
      );
    });

    test('tags are set and deleted, by both versions', async () => {
      const { trace_id: id } = await start({ tags: { a: '1' } });
      await traces.must('PATCH', `/${id}/tags`, { key: 'b', value: 'x'.repeat(9000) });
      assert.equal((await older('PATCH', `/${id}/tags`, { key: 'c', value: '3' })).status, 200);
      assert.equal((await older('DELETE', `/${id}/tags`, { key: 'a' })).status, 200);
      const { tags } = (await traces.must('GET', `/${id}`)).trace.trace_info;
      assert.deepEqual([tags.a, tags.b.length, tags.c], [undefined, 8000, '3']);
      for (const [method, path, body, status, said] of [
        ['DELETE', `/${id}/tags`, { key: 'a' }, 404, /No trace tag with key 'a'/],
        ['PATCH', `/${id}/tags`, { key: 'mlflow.trace.spansLocation', value: 'x' }, 400, /immutable and cannot be set/],
        ['DELETE', `/${id}/tags`, { key: 'mlflow.trace.spansLocation' }, 400, /immutable and cannot be deleted/],
        ['PATCH', `/${id}/tags`, { key: '../x', value: 'x' }, 400, /Names may be treated as files/],
        ['PATCH', `/${id}/tags`, { value: 'x' }, 400, /Missing value for required parameter 'key'/],
        ['PATCH', '/tr-nobody/tags', { key: 'a', value: 'x' }, 404, /Trace with ID 'tr-nobody' not found/],
      ] as const) {
        const answer = await traces.ask(method, path, body);
        assert.equal(answer.status, status, said.source);
        assert.match(answer.body.message, said);
      }
    });

    for (const [what, more, said] of [
      ['an experiment that is not there', { trace_location: locationsOf('999')[0] }, /No Experiment with id=999 exists/],
      ['no experiment', { trace_location: {} }, /experiment_id/],
      ['a time that is none', { request_time: 'yesterday' }, /request_time.*such as 2026/],
      ['a duration that is none', { execution_duration: '5 minutes' }, /execution_duration.*such as 1\.5s/],
      ['a state that is none', { state: 'FINE' }, /Invalid value "FINE" for parameter 'trace\.trace_info\.state'/],
      ['an id that is too long', { trace_id: 'x'.repeat(51) }, /trace_id.*1 to 50 letters/],
      ['tags that are a list', { tags: [] }, /'trace\.trace_info\.tags'/],
      ['a tag that is a number', { tags: { a: 1 } }, /'trace\.trace_info\.tags\.a'/],
    ] as const) {
      test(`${what} is refused`, async () => {
        const answer = await traces.ask('POST', '', told(more));
        assert.ok([400, 404].includes(answer.status), JSON.stringify(answer));
        assert.match(answer.body.message, said);
      });
    }

    test('an experiment that is deleted takes no more', async () => {
      const experimentId = await newExperiment();
      await traces.tracking.post('experiments/delete', { experiment_id: experimentId });
      assert.match((await traces.ask('POST', '', told({}, experimentId))).body.message, /must be in the 'active' state/);
    });
  });

  describe('clients before MLflow 3', () => {
    test('begin a trace and end it', async () => {
      const entry = (key: string, value: string) => ({ key, value });
      const begun = await older('POST', '', {
        experiment_id: traces.experimentId,
        timestamp_ms: 1_700_000_001_000,
        request_metadata: [entry('m', '1')],
        tags: [entry('t', '1')],
      });
      const { request_id: id } = begun.body.trace_info;
      assert.match(id, /^[0-9a-f]{32}$/);
      assert.deepEqual([begun.body.trace_info.status, begun.body.trace_info.execution_time_ms], ['IN_PROGRESS', undefined]);
      const ended = await older('PATCH', `/${id}`, {
        timestamp_ms: 1_700_000_003_500,
        status: 'ERROR',
        request_metadata: [entry('n', '2')],
        tags: [entry('t', '2')],
      });
      const { trace_info: info } = (await older('GET', `/${id}/info`)).body;
      assert.deepEqual(info, ended.body.trace_info);
      assert.deepEqual([info.timestamp_ms, info.execution_time_ms, info.status], [1_700_000_001_000, 2500, 'ERROR']);
      assert.ok(info.tags.some(({ key, value }: { key: string; value: string }) => key === 't' && value === '2'));
      const found = await older(
        'GET',
        `?experiment_ids=${traces.experimentId}&filter=${encodeURIComponent(`request_id = '${id}'`)}&max_results=5&order_by=timestamp`,
      );
      assert.deepEqual(found.body, { traces: [info] });
      assert.equal((await older('PATCH', '/nobody', { timestamp_ms: 1 })).status, 404);
    });
  });
}
