import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { exportRequest, type TestSpan, type Value } from './otlp-messages.ts';
import type { TestTracking } from './tracking-for-test.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- what a client reads, and each test knows what it looks for
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly body: Json;
}

/** A place of its own for traces, in a service that others use as well. */
export type OpenTraces = () => Promise<TestTraces>;

export interface TestTraces {
  readonly tracking: TestTracking;
  readonly experimentId: string;
  /** Asks by the newer version of the protocol. */
  readonly ask: (method: string, path: string, body?: unknown) => Promise<Answer>;
  /** The same, for what must succeed. */
  readonly must: (method: string, path: string, body?: unknown) => Promise<Json>;
  /** Posts a body as an exporter does. */
  readonly post: (body: Uint8Array | string, headers?: Readonly<Record<string, string>>) => Promise<Answer>;
  /** Has spans kept. */
  readonly keep: (spans: readonly TestSpan[], resource?: Readonly<Record<string, Value>>) => Promise<void>;
  /** The ids of what a filter finds, in their order. */
  readonly found: (filter: string, rest?: object) => Promise<readonly string[]>;
}

export const newTraceId = (): string => randomBytes(16).toString('hex');
export const newSpanId = (): string => randomBytes(8).toString('hex');

export async function openTraces(tracking: TestTracking): Promise<TestTraces> {
  const { experiment_id: experimentId } = (await tracking.post('experiments/create', { name: `traces ${newTraceId()}` })) as {
    experiment_id: string;
  };
  const ask: TestTraces['ask'] = async (method, path, body) => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    return await read(await fetch(`${tracking.url}/api/3.0/mlflow/traces${path}`, init));
  };
  const must: TestTraces['must'] = async (method, path, body) => {
    const answer = await ask(method, path, body);
    assert.equal(answer.status, 200, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body as unknown;
  };
  const post: TestTraces['post'] = async (body, headers = {}) =>
    await read(
      await fetch(`${tracking.url}/v1/traces`, {
        method: 'POST',
        body: body as string,
        headers: { 'content-type': 'application/x-protobuf', 'x-mlflow-experiment-id': experimentId, ...headers },
      }),
    );
  return {
    tracking,
    experimentId,
    ask,
    must,
    post,
    keep: async (spans, resource) => {
      const answer = await post(exportRequest(spans, resource));
      assert.deepEqual(answer, { status: 200, body: '' });
    },
    found: async (filter, rest = {}) => {
      const { traces = [] } = (await must('POST', '/search', { locations: locationsOf(experimentId), filter, ...rest })) as {
        traces?: readonly { readonly trace_id: string }[];
      };
      return traces.map((trace) => trace.trace_id);
    },
  };
}

export const locationsOf = (...ids: readonly string[]) =>
  ids.map((id) => ({ type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: id } }));

async function read(answer: Response): Promise<Answer> {
  const text = await answer.text();
  try {
    return { status: answer.status, body: JSON.parse(text) as unknown };
  } catch {
    return { status: answer.status, body: text };
  }
}
