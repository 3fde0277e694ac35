import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { rootCall } from '@mlab/kernel';
import { openDatabase } from '@mlab/sql';
import { testOwner } from '@mlab/sql/testing';
import { deleteTracesOf } from '#/store/traces/delete-traces.ts';
import { locationsOf, newTraceId, type Json, type OpenTraces, type TestTraces } from '../traces-for-test.ts';

/** How traces go. */
export function deletionTests(open: OpenTraces): void {
  let traces: TestTraces;
  before(async () => {
    traces = await open();
  });

  const start = async (request_time: string, experimentId = traces.experimentId): Promise<Json> => {
    const trace_info = { trace_id: `tr-${newTraceId()}`, trace_location: locationsOf(experimentId)[0], request_time };
    return (await traces.must('POST', '', { trace: { trace_info } })).trace.trace_info;
  };
  const newExperiment = async (): Promise<string> =>
    ((await traces.tracking.post('experiments/create', { name: `of ${newTraceId()}` })) as { experiment_id: string }).experiment_id;
  const older = (method: string, path: string, body?: unknown) => traces.tracking.ask(method, `traces${path}`, body);

  describe('traces are deleted', () => {
    test('by their ids, or the oldest up to a time, with all that belongs to them', async () => {
      const experimentId = await newExperiment();
      const ids: string[] = [];
      for (const second of [1, 2, 3, 4, 5]) ids.push((await start(`2026-01-01T00:00:0${second}Z`, experimentId)).trace_id);
      const left = async () => await traces.found('timestamp > 0', { locations: locationsOf(experimentId), order_by: ['timestamp ASC'] });
      const gone = async (more: object) =>
        (await traces.must('POST', '/delete-traces', { experiment_id: experimentId, ...more })).traces_deleted;
      assert.equal(await gone({ request_ids: [ids[4], 'tr-nobody'] }), 1);
      assert.equal(await gone({ max_timestamp_millis: Date.parse('2026-01-01T00:00:03Z'), max_traces: 1 }), 1);
      assert.deepEqual(await left(), ids.slice(1, 4));
      assert.equal(
        (await older('POST', '/delete-traces', { experiment_id: experimentId, max_timestamp_millis: Date.parse('2026-01-01T00:00:03Z') }))
          .body.traces_deleted,
        2,
      );
      assert.deepEqual(await left(), [ids[3]]);
      assert.equal(await gone({ request_ids: [(await start('2026-01-01T00:00:01Z')).trace_id] }), 0, 'of another experiment');
    });

    for (const [body, said] of [
      [{}, /Either `max_timestamp_millis` or `trace_ids`/],
      [{ request_ids: ['a'], max_timestamp_millis: 1 }, /but not both/],
      [{ request_ids: ['a'], max_traces: 1 }, /`max_traces` can't be specified/],
      [{ max_timestamp_millis: 1, max_traces: 0 }, /must be a positive integer, received 0/],
    ] as const) {
      test(`not by ${JSON.stringify(body)}`, async () => {
        const answer = await traces.ask('POST', '/delete-traces', { experiment_id: traces.experimentId, ...body });
        assert.equal(answer.status, 400);
        assert.match(answer.body.message, said);
      });
    }

    test('those of before a time, of all experiments, for who cleans up', async () => {
      await using service = await openDatabase(await testOwner('tracking'), { adminUrl: traces.tracking.databaseUrl });
      const [one, other] = [await newExperiment(), await newExperiment()];
      const untilMs = Date.parse('1999-12-31T00:00:00Z');
      const clean = (limit: number) =>
        service.database.transaction(rootCall('test', 10_000), (tx) => deleteTracesOf(tx, { untilMs, limit }));
      await clean(1000);
      const old = [await start('1999-01-01T00:00:00Z', one), await start('1999-01-02T00:00:00Z', other)];
      assert.deepEqual(await clean(1), [
        { id: old[0].trace_id, artifactLocation: `mlflow-artifacts:/${one}/traces/${old[0].trace_id}/artifacts` },
      ]);
      assert.deepEqual(
        (await clean(10)).map(({ id }) => id),
        [old[1].trace_id],
      );
      assert.deepEqual(await clean(10), []);
    });
  });
}
