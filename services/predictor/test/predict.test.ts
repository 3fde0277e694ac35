import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLASSES } from '@mlab/contracts/predictor';
import { AppError, rootCall } from '@mlab/kernel';
import { startTest } from '@mlab/kernel/testing';
import { countCodePoints, predict } from '#/domain/demo-model.ts';
import { service } from '#/service.ts';

/** Draws the given numbers in turn. */
const drawing = (...numbers: readonly number[]): (() => number) => {
  let next = 0;
  return () => numbers[next++ % numbers.length] ?? 0;
};

test('a prediction over the API is the one that chance decides', async () => {
  await using app = await startTest(service, { random: drawing(0.5, 0.5) });
  assert.deepEqual(await app.client.predict({ input: 'test input' }, rootCall('test')), {
    prediction: { class: 'bird', confidence: 0.85, input_length: 10 },
    message: 'Predicted class: bird with 85.0% confidence',
  });
});

test('an input that is no text is refused with the field', async () => {
  await using app = await startTest(service);
  await assert.rejects(app.client.predict({ input: 5 as unknown as string }, rootCall('test')), (error: AppError) => {
    assert.equal(error.code, 'invalid');
    assert.deepEqual(error.issues?.[0]?.loc, ['body', 'input']);
    return true;
  });
});

for (const [least, most] of [
  [0, 0.7],
  [0.999999, 0.99],
] as const) {
  test(`a draw of ${least} gives the confidence ${most} and a class of the five`, () => {
    const { prediction, message } = predict('x', drawing(least));
    assert.equal(prediction.confidence, most);
    assert.ok((CLASSES as readonly string[]).includes(prediction.class));
    assert.equal(message, `Predicted class: ${prediction.class} with ${(most * 100).toFixed(1)}% confidence`);
  });
}

test('every class and every confidence from 0.70 to 0.99 can come, none with more than two decimals', () => {
  const classes = new Set<string>();
  const confidences = new Set<number>();
  for (let i = 0; i < 30; i++) confidences.add(predict('x', drawing(0, (i + 0.5) / 30)).prediction.confidence);
  for (let i = 0; i < 5; i++) classes.add(predict('x', drawing((i + 0.5) / 5)).prediction.class);
  assert.deepEqual([...classes], [...CLASSES]);
  assert.deepEqual(
    [...confidences].map((confidence) => confidence.toFixed(2)),
    Array.from({ length: 30 }, (_, i) => ((70 + i) / 100).toFixed(2)),
  );
  assert.ok([...confidences].every((confidence) => String(confidence).length <= 4));
});

for (const [text, count] of [
  ['', 0],
  ['日本🐟', 3],
  ['e\u0301', 2],
  ['\u0000', 1],
  ['🐟🐟', 2],
  ['\ud83d', 1],
  ['\ude00\ud83d', 2],
] as const) {
  test(`${JSON.stringify(text)} has ${count} code points`, () => {
    assert.equal(countCodePoints(text), count);
  });
}
