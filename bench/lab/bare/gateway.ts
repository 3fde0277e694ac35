/**
 * The yardstick for Service A: the same JSON work, and nothing else. It parses and checks the two fields, calls the
 * predictor over pooled keep-alive connections, parses and checks its answer, and writes its own. No validation
 * messages, log, metrics, breaker, deadline or trace: what those cost is what the benchmark measures.
 */
import { Pool } from 'undici';
import { serveJson } from './json-server.ts';

const predictor = new URL(process.env['SERVICE_B_URL'] ?? 'http://localhost:8001/predict');
const pool = new Pool(predictor.origin, { connections: 64 });
const status = 'Input logged successfully';

serveJson('gateway', async (input) => {
  const { data, forward_to_model: forward = true } = input as { data?: unknown; forward_to_model?: unknown };
  if (typeof data !== 'string' || typeof forward !== 'boolean') return { status: 422, body: { detail: 'not an input' } };
  if (!forward) return { status: 200, body: { status } };

  const answer = await pool.request({
    path: predictor.pathname,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ input: data }),
  });
  const model_prediction = (await answer.body.json()) as { prediction?: unknown };
  if (answer.statusCode !== 200 || model_prediction.prediction === undefined) return { status: 503, body: { detail: 'no prediction' } };
  return { status: 200, body: { status, model_prediction } };
});
