import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { locationsOf, newSpanId, newTraceId, type Json, type OpenTraces, type TestTraces } from '../traces-for-test.ts';

/** What is said of traces. */
export function assessmentTests(open: OpenTraces): void {
  let traces: TestTraces;
  before(async () => {
    traces = await open();
  });

  const newTrace = async (): Promise<string> => {
    const traceId = newTraceId();
    await traces.keep([{ traceId, id: newSpanId() }]);
    return `tr-${traceId}`;
  };
  const source = { source_type: 'HUMAN', source_id: 'anna' };
  const assess = async (trace: string, more: object): Promise<Json> =>
    (await traces.must('POST', `/${trace}/assessments`, { assessment: { assessment_name: 'quality', source, ...more } })).assessment;
  const change = (trace: string, id: string, assessment: object, mask: string) =>
    traces.ask('PATCH', `/${trace}/assessments/${id}`, {
      assessment: { assessment_id: id, trace_id: trace, ...assessment },
      update_mask: mask,
    });
  const get = (trace: string, id: string) => traces.ask('GET', `/${trace}/assessments/${id}?trace_id=${trace}&assessment_id=${id}`);

  describe('what is said of a trace', () => {
    test('is part of what is known of it, in the order in which it was said', async () => {
      const trace = await newTrace();
      const at = (second: number) => ({ create_time: `2026-01-01T00:00:0${second}Z`, last_update_time: `2026-01-01T00:00:0${second}Z` });
      const said = [
        { ...at(1), feedback: { value: 'yes' }, rationale: 'nice', metadata: { k: 'v' }, span_id: 'abc' },
        { ...at(2), feedback: { value: { a: [1, 'x', null] } } },
        { ...at(3), feedback: { value: null, error: { error_code: 'ValueError', error_message: 'boom', stack_trace: 'at' } } },
        { ...at(4), expectation: { value: 42 } },
        { ...at(5), expectation: { serialized_value: { serialization_format: 'JSON_FORMAT', value: '{"a":[1]}' } } },
        { ...at(6), issue: { issue_name: 'slow' } },
      ];
      const made: object[] = [];
      for (const one of said.toReversed()) made.unshift(await assess(trace, one));
      const { assessments } = (await traces.must('GET', `/${trace}`)).trace.trace_info;
      assert.deepEqual(assessments, made);
      assert.deepEqual(
        assessments.map(({ assessment_id: id, ...rest }: Json) => (assert.match(id, /^a-[0-9a-f]{32}$/), rest)),
        said.map((one) => ({ assessment_name: 'quality', trace_id: trace, source, ...one, valid: true })),
      );
    });

    test('is changed by the fields that a mask names', async () => {
      const trace = await newTrace();
      const {
        assessment_id: id,
        last_update_time: madeAt,
        ...made
      } = await assess(trace, {
        feedback: { value: 'yes' },
        rationale: 'nice',
        metadata: { a: '1', b: '1' },
      });
      const changed = await change(
        trace,
        id,
        { assessment_name: 'other', feedback: { value: 'no' }, metadata: { b: '2' }, rationale: 'kept' },
        'assessmentName,feedback,metadata',
      );
      const { last_update_time: at, ...rest } = changed.body.assessment;
      assert.deepEqual(rest, {
        ...made,
        assessment_id: id,
        assessment_name: 'other',
        feedback: { value: 'no' },
        metadata: { a: '1', b: '2' },
      });
      assert.ok(Date.parse(at) >= Date.parse(madeAt));
      assert.deepEqual((await get(trace, id)).body, changed.body);
      const wrong = await change(trace, id, { expectation: { value: 1 } }, 'expectation');
      assert.deepEqual([wrong.status, wrong.body.error_code], [400, 'INVALID_PARAMETER_VALUE']);
      assert.equal((await change(trace, 'a-nobody', {}, 'rationale')).status, 404);
    });

    test('may stand for something else, until it is deleted', async () => {
      const trace = await newTrace();
      const first = await assess(trace, { feedback: { value: 1 } });
      const second = await assess(trace, { feedback: { value: 2 }, overrides: first.assessment_id });
      const valid = async () => (await get(trace, first.assessment_id)).body.assessment.valid;
      assert.equal(await valid(), false);
      assert.deepEqual([await traces.found('feedback.quality < 2'), await traces.found('feedback.quality >= 2')], [[], [trace]]);
      for (const _ of [1, 2])
        assert.deepEqual(await traces.ask('DELETE', `/${trace}/assessments/${second.assessment_id}`, {}), { status: 200, body: {} });
      assert.equal(await valid(), true);
      const nobody = await traces.ask('POST', `/${trace}/assessments`, {
        assessment: { assessment_name: 'x', source, feedback: { value: 1 }, overrides: 'a-nobody' },
      });
      assert.deepEqual([nobody.status, nobody.body.message], [404, `Assessment with ID 'a-nobody' not found for trace '${trace}'`]);
    });

    test('comes with what its client tells of the trace, as often as it tells it', async () => {
      const [trace, other] = [await newTrace(), await newTrace()];
      const told = (id: string) => ({
        trace_id: id,
        trace_location: locationsOf(traces.experimentId)[0],
        assessments: [{ assessment_id: 'a-own', assessment_name: 'own', source, feedback: { value: 1 } }],
      });
      for (const _ of [1, 2]) await traces.must('POST', '', { trace: { trace_info: told(trace) } });
      assert.equal((await traces.must('GET', `/${trace}`)).trace.trace_info.assessments.length, 1);
      await traces.must('POST', '', { trace: { trace_info: told(other) } });
      assert.equal((await get(trace, 'a-own')).status, 200, 'it stays where it is');
      const taken = await traces.ask('POST', `/${other}/assessments`, {
        assessment: { assessment_id: 'a-own', assessment_name: 'own', source, feedback: { value: 1 } },
      });
      assert.deepEqual([taken.status, taken.body.error_code], [400, 'RESOURCE_ALREADY_EXISTS']);
    });

    for (const [what, assessment, said] of [
      ['nothing', {}, /Exactly one of/],
      ['two things', { feedback: { value: 1 }, issue: { issue_name: 'x' } }, /Exactly one of/],
      ['an expectation of nothing', { expectation: {} }, /`value` field must be specified/],
      ['another format', { expectation: { serialized_value: { serialization_format: 'PICKLE', value: '' } } }, /Only JSON_FORMAT/],
      ['what is no JSON', { expectation: { serialized_value: { serialization_format: 'JSON_FORMAT', value: '{' } } }, /not JSON/],
      ['no name', { assessment_name: '', feedback: { value: 1 } }, /assessment_name/],
      ['a time that is none', { feedback: { value: 1 }, create_time: 'now' }, /create_time/],
      ['a source that is none', { feedback: { value: 1 }, source: { source_type: 'CAT' } }, /source_type/],
      ['a value with NUL', { feedback: { value: 'a\0' } }, /NUL/],
    ] as const) {
      test(`${what} is refused`, async () => {
        const answer = await traces.ask('POST', `/${await newTrace()}/assessments`, {
          assessment: { assessment_name: 'quality', source, ...assessment },
        });
        assert.deepEqual([answer.status, answer.body.error_code], [400, 'INVALID_PARAMETER_VALUE']);
        assert.match(answer.body.message, said);
      });
    }

    test('of a trace that is not there is refused', async () => {
      const answer = await traces.ask('POST', '/tr-nobody/assessments', {
        assessment: { assessment_name: 'x', source, feedback: { value: 1 } },
      });
      assert.deepEqual([answer.status, answer.body.message], [404, "Trace with ID 'tr-nobody' not found."]);
      assert.equal((await traces.ask('POST', '/tr-nobody/assessments', {})).status, 400);
    });
  });
}
