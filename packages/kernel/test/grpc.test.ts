import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { after, before, test } from 'node:test';
import { AppError, defineContract, defineService, grpcMethod, implement, rootCall, schema, type CallMeta } from '@mlab/kernel';
import { startTest, type TestApp } from '@mlab/kernel/testing';
import { PredictorService } from '@mlab/protos/predictor';
import { plainTracer, openLog } from '@mlab/telemetry';
import { Type } from 'typebox';
import { openGrpcTransport } from '../src/grpc/client.ts';

const sample = defineContract({
  name: 'sample',
  title: 'Sample',
  label: 'Sample',
  description: '',
  port: 8990,
  wire: 'problem',
  operations: {},
  grpc: {
    port: 9990,
    services: {
      'mlab.predictor.v1.PredictorService': {
        Predict: grpcMethod({ summary: 'x', scope: 'sample:x', timeoutMs: 2000, maxMessageBytes: 100_000 }),
        PredictRows: grpcMethod({ summary: 'x', scope: 'sample:x', callers: ['gateway'] }),
        ExplainRows: grpcMethod({ summary: 'x', scope: 'sample:x' }),
      },
    },
  },
});

type Predict = (input: string, call: CallMeta) => Promise<{ className: string }> | { className: string };
const service = (predict: Predict) =>
  defineService({
    contract: sample,
    needs: {},
    config: schema(Type.Object({})),
    start: () => ({
      handlers: {},
      grpc: async () => [
        implement(PredictorService, {
          predict: ({ input }, call) => predict(input, call),
          predictRows: () => ({ model: 'm' }),
          explainRows: () => ({ model: 'm' }),
        }),
      ],
    }),
  });

test('smoke', async () => {
  await using app = await startTest(service((input) => ({ className: input })));
  await using way = openGrpcTransport({ callee: 'sample', label: 'Sample', url: app.grpcUrl, caller: 'test', tracer: plainTracer });
  const answer = await way.client(PredictorService).predict({ input: 'hello' }, rootCall('test'));
  assert.equal(answer.className, 'hello');
});
