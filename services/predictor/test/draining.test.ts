import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rootCall } from '@mlab/kernel';
import { startTest } from '@mlab/kernel/testing';
import { Health, HealthCheckResponse_ServingStatus as Serving } from '@mlab/protos/health';
import { GRPCInferenceService } from '@mlab/protos/open-inference';
import { plainTracer } from '@mlab/telemetry';
import { openGrpcTransport } from '../../../packages/kernel/src/grpc/client.ts';
import { service } from '#/service.ts';

test('from when it begins to end the service is not ready, in the words of each protocol, while all its doors are still open', async () => {
  const withdrawn = Promise.withResolvers<void>();
  const withdrawing = Promise.withResolvers<void>();
  /** Whoever knows the service has not heard yet that it leaves: until then it serves on. */
  const discovery = {
    announce: async () => ({
      [Symbol.asyncDispose]: () => {
        withdrawing.resolve();
        return withdrawn.promise;
      },
    }),
    watch: async () => ({ [Symbol.asyncDispose]: async () => {} }),
  };
  const app = await startTest(service, { facilities: { discovery } });
  await using way = openGrpcTransport({
    callee: 'predictor',
    label: 'Service B',
    url: () => app.grpcUrl,
    caller: 'test',
    tracer: plainTracer,
  });
  const statusOf = async (path: string): Promise<number> => {
    const answer = await fetch(app.url + path);
    const body = (await answer.json()) as { readonly ready?: boolean };
    if (path.startsWith('/v2') && path.endsWith('/ready')) assert.equal(body.ready, answer.status === 200);
    return answer.status;
  };
  const paths = [
    '/ready',
    '/v2/health/ready',
    '/v2/models/demo/ready',
    '/v2/models/demo/versions/1/ready',
    '/v2/health/live',
    '/v2/models/demo',
  ];
  const overHttp = (): Promise<readonly number[]> => Promise.all(paths.map(statusOf));
  const overGrpc = async (): Promise<readonly unknown[]> => {
    const [oip, health] = [way.client(GRPCInferenceService), way.client(Health)];
    return [
      (await oip.serverReady({}, rootCall('test'))).ready,
      (await oip.modelReady({ name: 'demo' }, rootCall('test'))).ready,
      (await health.check({ service: '' }, rootCall('test'))).status,
      (await health.check({ service: 'inference.GRPCInferenceService' }, rootCall('test'))).status,
      (await oip.serverLive({}, rootCall('test'))).live,
    ];
  };
  assert.deepEqual(await overHttp(), [200, 200, 200, 200, 200, 200]);
  assert.deepEqual(await overGrpc(), [true, true, Serving.SERVING, Serving.SERVING, true]);
  const ended = app[Symbol.asyncDispose]();
  await withdrawing.promise;
  try {
    assert.deepEqual(await overHttp(), [503, 503, 503, 503, 200, 200]);
    assert.deepEqual(await overGrpc(), [false, false, Serving.NOT_SERVING, Serving.NOT_SERVING, true]);
  } finally {
    withdrawn.resolve();
    await ended;
  }
});
