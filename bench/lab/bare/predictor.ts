/** The yardstick for Service B: the same demo answer, from `node:http` alone. */
import { createServer } from 'node:http';
import { announce, readJson, writeJson } from './json-server.ts';

const CLASSES = ['cat', 'dog', 'bird', 'fish', 'rabbit'];

const server = createServer(async (request, response) => {
  const { input } = (await readJson(request)) as { input?: unknown };
  if (typeof input !== 'string') return writeJson(response, 422, { detail: 'not an input' });

  const name = CLASSES[Math.floor(Math.random() * CLASSES.length)];
  const confidence = Math.round(70 + Math.random() * 29) / 100;
  let input_length = 0;
  for (const _ of input) input_length += 1;
  const message = `Predicted class: ${name} with ${(confidence * 100).toFixed(1)}% confidence`;
  writeJson(response, 200, { prediction: { class: name, confidence, input_length }, message });
});

announce(server, 'predictor');
