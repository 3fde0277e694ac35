/** The yardstick for Service B: the same demo answer, from `node:http` alone. */
import { serveJson } from './json-server.ts';

const CLASSES = ['cat', 'dog', 'bird', 'fish', 'rabbit'];

serveJson('predictor', (body) => {
  const { input } = body as { input?: unknown };
  if (typeof input !== 'string') return { status: 422, body: { detail: 'not an input' } };

  const name = CLASSES[Math.floor(Math.random() * CLASSES.length)];
  const confidence = Math.round(70 + Math.random() * 29) / 100;
  let input_length = 0;
  for (const _ of input) input_length += 1;
  const message = `Predicted class: ${name} with ${(confidence * 100).toFixed(1)}% confidence`;
  return { status: 200, body: { prediction: { class: name, confidence, input_length }, message } };
});
