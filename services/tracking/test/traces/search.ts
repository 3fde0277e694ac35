import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { locationsOf, newSpanId, newTraceId, type OpenTraces, type TestTraces } from '../traces-for-test.ts';

/** How traces are found, ordered and paged. */
export function searchTests(open: OpenTraces): void {
  let traces: TestTraces;
  let runId: string;
  const ids: Record<string, string> = {};
  const names: Record<string, string> = {};

  before(async () => {
    traces = await open();
    const { run } = await traces.tracking.post('runs/create', { experiment_id: traces.experimentId });
    runId = run.info.run_id;
    const trace = async (name: string, info: object, spans: readonly object[]): Promise<void> => {
      const traceId = newTraceId();
      const root = newSpanId();
      await traces.keep(
        spans.map((span, index) => ({
          traceId,
          id: index === 0 ? root : newSpanId(),
          ...(index === 0 ? {} : { parentId: root }),
          ...span,
        })),
      );
      const trace_info = { trace_id: `tr-${traceId}`, trace_location: locationsOf(traces.experimentId)[0], ...info };
      await traces.must('POST', '', { trace: { trace_info } });
      ids[name] = `tr-${traceId}`;
      names[`tr-${traceId}`] = name;
    };
    await trace(
      'a',
      {
        request_time: '2026-01-01T00:00:01Z',
        execution_duration: '2s',
        state: 'OK',
        client_request_id: 'req-a',
        tags: { 'mlflow.traceName': 'Ask', color: 'blue', 'a.b': '1' },
        trace_metadata: { 'mlflow.trace.session': 's1', own: 'x_y' },
      },
      [
        { name: 'ask', attributes: { 'mlflow.spanType': 'CHAIN' } },
        {
          name: 'search',
          attributes: { 'mlflow.spanType': 'RETRIEVER', model: 'gpt-4', n: 3n, json: { k: 'v' }, 'k.dotted': 'v' },
          events: [{ name: 'seen', time: 1n, attributes: { word: 'Zürich' } }],
        },
      ],
    );
    await trace(
      'b',
      {
        request_time: '2026-01-01T00:00:02Z',
        execution_duration: '1s',
        state: 'ERROR',
        tags: { 'mlflow.traceName': 'Build', color: 'red' },
        trace_metadata: { 'mlflow.trace.session': 's1' },
      },
      [{ name: 'build', code: 2, message: '100%_sure', attributes: { 'mlflow.spanType': 'TOOL' } }],
    );
    await trace('c', { request_time: '2026-01-01T00:00:03Z', state: 'IN_PROGRESS', trace_metadata: { 'mlflow.sourceRun': runId } }, [
      { name: 'search', attributes: { 'mlflow.spanType': 'TOOL' } },
    ]);
    const assess = (name: string, assessment: object) =>
      traces.must('POST', `/${ids[name]}/assessments`, { assessment: { source: { source_type: 'HUMAN' }, ...assessment } });
    await assess('a', { assessment_name: 'quality', feedback: { value: 'yes' } });
    await assess('c', { assessment_name: 'score', feedback: { value: 0.75 } });
    await assess('b', { assessment_name: 'answer', expectation: { value: 42 } });
    await assess('b', { assessment_name: 'politeness', feedback: { value: true }, metadata: { 'mlflow.trace.session': 's1' } });
  });

  const found = async (filter: string, rest?: object): Promise<string> =>
    (await traces.found(filter, rest)).map((id) => names[id]).join('');

  describe('filters, the newest first', () => {
    for (const [filter, expected] of [
      ["status = 'OK'", 'a'],
      ["trace.status != 'OK'", 'cb'],
      ["attributes.status IN ('OK', 'ERROR')", 'ba'],
      ["status NOT IN ('OK')", 'cb'],
      ["name = 'Ask'", 'a'],
      ["name ILIKE 'b%'", 'b'],
      ["trace.name RLIKE '^A.k$'", 'a'],
      ["tags.`mlflow.traceName` LIKE '%u%'", 'b'],
      ["tags.color = 'blue'", 'a'],
      ["tag.color != 'blue'", 'b'],
      ["tags.`a.b` = '1'", 'a'],
      ['tags.color IS NULL', 'c'],
      ['tags.color IS NOT NULL', 'ba'],
      ["metadata.own LIKE 'x_y'", 'a'],
      ["request_metadata.`mlflow.trace.session` = 's1'", 'ba'],
      ['metadata.own IS NULL', 'cb'],
      ["client_request_id = 'req-a'", 'a'],
      ["client_request_id LIKE '%'", 'a'],
      ['timestamp > 1767225601000', 'cb'],
      ['trace.timestamp_ms <= 1767225602000', 'ba'],
      ['execution_time >= 2000', 'a'],
      ["execution_time_ms < '2000'", 'b'],
      ['end_time = 1767225603000', 'cba'],
      ["span.name = 'search'", 'ca'],
      ["span.name IN ('ask', 'build')", 'ba'],
      ["span.type = 'TOOL'", 'cb'],
      ["span.name = 'search' AND span.type = 'TOOL'", 'c'],
      ["span.name = 'ask' AND span.type = 'RETRIEVER'", ''],
      ["span.status = 'ERROR'", 'b'],
      ["span.attributes.model = 'gpt-4'", 'a'],
      ["span.attributes.model LIKE '%gpt%'", 'a'],
      ["span.attributes.model != 'gpt-3'", 'a'],
      ["span.attributes.model RLIKE '^gpt-[0-9]$'", 'a'],
      ["span.attributes.`k.dotted` LIKE '%v%'", 'a'],
      ["span.attributes.n = '3'", 'a'],
      ['span.attributes.json LIKE \'%"k": "v"%\'', 'a'],
      ["span.content LIKE '%gpt-4%'", 'a'],
      ["trace.text ILIKE '%zürich%'", 'a'],
      ["trace.text LIKE '%100%_sure%'", 'b'],
      ["feedback.quality = 'yes'", 'a'],
      ["feedback.quality != 'yes'", ''],
      ["feedback.quality LIKE 'y%'", 'a'],
      ['feedback.score > 0.5', 'c'],
      ['feedback.score >= 0.75', 'c'],
      ['feedback.score < 0.75', ''],
      ["feedback.score = '0.75'", 'c'],
      ["expectation.answer = '42'", 'b'],
      ["expectation.answer = '42.0'", 'b'],
      ['feedback.quality IS NULL', 'cb'],
      ['expectation.answer IS NOT NULL', 'b'],
      ["feedback.politeness = 'true'", 'ba'],
      ['feedback.politeness IS NULL', 'c'],
      ["status = 'OK' OR status = 'ERROR'", 'ba'],
      ["NOT tags.color = 'blue'", 'cb'],
      ["NOT tags.color LIKE 'b%'", 'cb'],
      ["NOT client_request_id = 'req-a'", 'cb'],
      ["NOT (span.name = 'search' AND span.type = 'TOOL')", 'ba'],
      ["(span.name = 'ask' OR span.name = 'build') AND status = 'OK'", 'a'],
      ["issue.id = 'iss-1'", ''],
      ["status = ''", ''],
    ] as const) {
      test(filter, async () => assert.equal(await found(filter), expected));
    }

    test('the traces of a run, and those that were linked to it later', async () => {
      assert.equal(await found(`run_id = '${runId}'`), 'c');
      const linked = await traces.tracking.ask('POST', 'traces/link-to-run', {
        run_id: runId,
        trace_ids: [ids['a'], ids['a'], 'tr-later'],
      });
      assert.deepEqual(linked, { status: 200, body: {} });
      assert.equal(await found(`metadata.\`mlflow.sourceRun\` = '${runId}'`), 'ca');
      assert.equal((await traces.tracking.ask('POST', 'traces/link-to-run', { run_id: 'nobody', trace_ids: ['tr-x'] })).status, 404);
      const many = { run_id: runId, trace_ids: Array.from({ length: 101 }, () => 'tr-x') };
      assert.match((await traces.tracking.ask('POST', 'traces/link-to-run', many)).body.message, /more than 100 traces/);
    });

    test('the traces of a prompt', async () => {
      const versions = [{ name: 'greet', version: '2' }];
      assert.equal(
        (await traces.tracking.ask('POST', 'traces/link-prompts', { trace_id: ids['b'], prompt_versions: versions })).status,
        200,
      );
      assert.equal(await found("prompt = 'greet/2'"), 'b');
      assert.equal(
        (await traces.tracking.ask('POST', 'traces/link-prompts', { trace_id: 'tr-nobody', prompt_versions: versions })).status,
        404,
      );
    });

    for (const [filter, said] of [
      ["foo.bar = 'x'", /Invalid entity type 'foo'/],
      ["span.foo = 'x'", /Invalid span attribute 'foo'/],
      ["status > 'OK'", /Invalid comparator '>'/],
      ["name RLIKE '(['", /regular expression behind RLIKE is none/],
      ["timestamp = 'x'", /numeric/],
      ["prompt = 'x'", /name\/version/],
      ["feedback.a > 'x'", /numeric/],
    ] as const) {
      test(`${filter} is refused`, async () => {
        const answer = await traces.ask('POST', '/search', { locations: locationsOf(traces.experimentId), filter });
        assert.deepEqual([answer.status, answer.body.error_code], [400, 'INVALID_PARAMETER_VALUE']);
        assert.match(answer.body.message, said);
      });
    }
  });

  describe('orders, what is missing last', () => {
    for (const [order, expected] of [
      [['timestamp ASC'], 'abc'],
      [['execution_time ASC'], 'bac'],
      [['execution_time DESC'], 'abc'],
      [['tags.color DESC'], 'bac'],
      [['name'], 'abc'],
      [['status DESC', 'timestamp'], 'acb'],
      [['metadata.`mlflow.trace.session`', 'timestamp ASC'], 'abc'],
      [['run_id'], 'cba'],
      [['experiment_id', 'end_time'], 'cba'],
    ] as const) {
      test(order.join(', '), async () => assert.equal(await found('timestamp > 0', { order_by: order }), expected));
    }
  });

  test('pages follow each other, the last one has no token', async () => {
    const page = (more: object) => traces.must('POST', '/search', { locations: locationsOf(traces.experimentId), max_results: 2, ...more });
    const first = await page({});
    assert.deepEqual([first.traces.length, first.next_page_token], [2, 'eyJvZmZzZXQiOiAyfQ==']);
    const second = await page({ page_token: first.next_page_token });
    assert.deepEqual([second.traces.length, second.next_page_token], [1, undefined]);
    assert.equal((await page({ max_results: 3 })).next_page_token, undefined);
    for (const wrong of [
      { max_results: 0 },
      { max_results: 501 },
      { page_token: 'x' },
      { locations: [{ mlflow_experiment: { experiment_id: 'x' } }] },
    ]) {
      assert.equal((await traces.ask('POST', '/search', { locations: locationsOf('0'), ...wrong })).status, 400, JSON.stringify(wrong));
    }
    assert.deepEqual(await traces.must('POST', '/search', { locations: locationsOf('0', '999') }), {});
    assert.equal((await traces.must('POST', '/search', { locations: locationsOf('0', traces.experimentId) })).traces.length, 3);
  });

  test('how much two filters find the same traces', async () => {
    const ask = (first: string, second: string, base?: string) =>
      traces.must('POST', '/calculate-filter-correlation', {
        experiment_ids: [traces.experimentId],
        filter_string1: first,
        filter_string2: second,
        base_filter: base,
      });
    const { npmi_smoothed: smoothed, ...same } = await ask("status = 'OK'", "name = 'Ask'");
    assert.deepEqual(same, { npmi: 1, filter1_count: 1, filter2_count: 1, joint_count: 1, total_count: 3 });
    assert.ok(Math.abs(smoothed - Math.log(1.875) / -Math.log(0.3)) < 1e-9, String(smoothed));
    assert.equal((await ask("status = 'OK'", "status = 'ERROR'")).npmi, -1);
    assert.deepEqual(await ask("status = 'OK'", "name = 'nobody'"), { filter1_count: 1, filter2_count: 0, joint_count: 0, total_count: 3 });
    assert.deepEqual(await ask("span.name = 'search'", "span.type = 'TOOL'", "status = 'IN_PROGRESS'"), {
      npmi: 1,
      npmi_smoothed: 1,
      filter1_count: 1,
      filter2_count: 1,
      joint_count: 1,
      total_count: 1,
    });
  });
}
