import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { predictor } from '@mlab/contracts/predictor';
import { AppError, rootCall } from '@mlab/kernel';
import { fake, startTest } from '@mlab/kernel/testing';
import { service } from '#/service.ts';

const PREDICTION = { prediction: { class: 'cat', confidence: 0.9, input_length: 1 }, message: 'm' };
const answering = fake(predictor, { predict: () => PREDICTION });
const failing = (code: AppError['code']) =>
  fake(predictor, {
    predict: () => {
      throw new AppError(code, 'B says no.');
    },
  });

test('an input is forwarded, and the prediction comes back with it', async () => {
  await using app = await startTest(service, { neighbours: [answering] });
  assert.deepEqual(await app.client.processInput({ data: 'x', forward_to_model: true }, rootCall('test')), {
    status: 'Input logged successfully',
    model_prediction: PREDICTION,
  });
});

test('an input that is only logged asks nobody', async () => {
  await using app = await startTest(service, { neighbours: [fake(predictor, {})] });
  const answer = await app.client.processInput({ data: 'x', forward_to_model: false }, rootCall('test'));
  assert.deepEqual(answer, { status: 'Input logged successfully' });
});

for (const [said, becomes] of [
  ['internal', 'unavailable'],
  ['unavailable', 'unavailable'],
  ['invalid', 'bad_gateway'],
] as const) {
  test(`${said} of Service B becomes ${becomes}`, async () => {
    await using app = await startTest(service, { neighbours: [failing(said)] });
    await assert.rejects(app.client.processInput({ data: 'x', forward_to_model: true }, rootCall('test')), (error) =>
      AppError.is(error, becomes),
    );
  });
}

test('a setting that cannot be stops the start with a sentence that names it', async () => {
  const start = startTest(service, { neighbours: [answering], env: { MLAB_GATEWAY_DEADLINE_MS: 'soon' } });
  await assert.rejects(start, /^Error: MLAB_GATEWAY_DEADLINE_MS is "soon"; it takes an integer of at least 1/);
});

test('a setting that nothing reads stops the start too', async () => {
  const start = startTest(service, { neighbours: [answering], env: { MLAB_GATEWAY_DEADLINE: '5' } });
  await assert.rejects(start, /^Error: MLAB_GATEWAY_DEADLINE is not a setting; gateway has MLAB_GATEWAY_DEADLINE_MS/);
});

test('over gRPC Service B is connected to before the first question, which would have to wait for all that this loads', async () => {
  let came = 0;
  await using server = createServer((socket) => {
    came++;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const elsewhere = { peers: { predictor: 'http://127.0.0.1:1' }, grpcPeers: { predictor: [(server.address() as AddressInfo).port] } };
  await using app = await startTest(service, { ...elsewhere, env: { MLAB_GATEWAY_TRANSPORT: 'grpc' } });
  assert.ok(came > 0, app.url);
});
