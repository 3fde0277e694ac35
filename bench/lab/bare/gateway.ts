/**
 * The yardstick for Service A: the same JSON work, and nothing else. It parses and checks the two fields, calls the
 * predictor over pooled keep-alive connections, parses and checks its answer, and writes its own. No validation
 * messages, log, metrics, breaker, deadline or trace: what those cost is what the benchmark measures.
 */
import { createServer } from 'node:http';
import { Pool } from 'undici';
import { announce, readJson, writeJson } from './json-server.ts';

const predictor = new URL(process.env['SERVICE_B_URL'] ?? 'http://localhost:8001/predict');
const pool = new Pool(predictor.origin, { connections: 64 });

const server = createServer(async (request, response) => {
  const input = (await readJson(request)) as { data?: unknown; forward_to_model?: unknown };
  const { data, forward_to_model: forward = true } = input;
  if (typeof data !== 'string' || typeof forward !== 'boolean') return writeJson(response, 422, { detail: 'not an input' });
  if (!forward) return writeJson(response, 200, { status: 'Input logged successfully' });

  const answer = await pool.request({
    path: predictor.pathname,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ input: data }),
  });
  const model_prediction = (await answer.body.json()) as { prediction?: unknown };
  if (answer.statusCode !== 200 || model_prediction.prediction === undefined) return writeJson(response, 503, { detail: 'no prediction' });
  writeJson(response, 200, { status: 'Input logged successfully', model_prediction });
});

announce(server, 'gateway');
