import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { CleanOrder, CleanReport } from '@mlab/contracts/tracking-storage';
import { rootCall } from '@mlab/kernel';
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
  const clean = async (order: CleanOrder): Promise<CleanReport> => {
    const call = rootCall('test', 20_000);
    const { client } = traces.tracking.app;
    const { id } = await client.clean(order, call);
    for (;;) {
      const { state, report } = await client.cleaning({ id }, call);
      if (report !== undefined) return report;
      assert.ok(state !== 'failed' && state !== 'cancelled', state);
      await delay(20);
    }
  };
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

    test('when they are older than they are kept, of all experiments, with the files beside them', async () => {
      const [one, other] = [await newExperiment(), await newExperiment()];
      const old = [await start('1999-01-01T00:00:00Z', one), await start('1999-01-02T00:00:00Z', other)];
      const fresh = await start(new Date().toISOString(), one);
      const file = (trace: Json): string =>
        `${traces.tracking.url}/api/2.0/mlflow-artifacts/artifacts/${trace.tags['mlflow.artifactLocation'].replace('mlflow-artifacts:/', '')}/traces.json`;
      for (const trace of [...old, fresh]) assert.equal((await fetch(file(trace), { method: 'PUT', body: '{}' })).status, 200);
      const counted = await clean({ dryRun: true });
      assert.ok(counted.traces >= 2, JSON.stringify(counted));
      assert.equal((await clean({ experimentIds: [one] })).traces, 0, 'only what was deleted');
      const report = await clean({});
      assert.deepEqual([report.traces, report.files], [counted.traces, 2]);
      for (const trace of old) {
        assert.equal((await traces.ask('GET', `/${trace.trace_id}`)).status, 404);
        assert.equal((await fetch(file(trace))).status, 404);
      }
      assert.equal((await traces.ask('GET', `/${fresh.trace_id}`)).status, 200);
      assert.equal((await fetch(file(fresh))).status, 200);
    });
  });
}
