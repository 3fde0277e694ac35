import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { AppError } from '@mlab/kernel';
import type { Program } from '#/command/executor.ts';
import { newLines } from '#/command/new-lines.ts';
import { rayExecutor } from '#/command/ray-executor.ts';

const program: Program = {
  id: 'mlab-1-0',
  command: ['python', '-c', `print("it's")`],
  env: { A: 'b', ODD: '$A' },
  memoryBytes: 1000,
  cpus: 2,
  image: undefined,
  seesToMemory: false,
};

interface Ray extends AsyncDisposable {
  readonly url: string;
  readonly asked: string[];
  readonly bodies: unknown[];
  become(status: string, logs?: string, more?: object): void;
  refuse(status: number, text: string): void;
}

/** Answers as Ray 2.49 did, of one job. */
async function startRay(): Promise<Ray> {
  const asked: string[] = [];
  const bodies: unknown[] = [];
  let details: object = { status: 'PENDING' };
  let logs = '';
  let exists = false;
  let refusal: readonly [number, string] | undefined;
  const server = createServer((request, response) => {
    const { method = '', url = '' } = request;
    asked.push(`${method} ${url}`);
    if (request.headers.authorization !== 'Bearer secret') return void response.writeHead(401).end('No token.');
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const answer = (status: number, body: unknown): void =>
        void response.writeHead(status, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body));
      if (method === 'POST' && url === '/api/jobs/') {
        bodies.push(JSON.parse(Buffer.concat(parts).toString()));
        if (refusal !== undefined) return answer(...refusal);
        exists = true;
        return answer(200, { submission_id: 'mlab-1-0' });
      }
      if (!exists) return answer(404, 'Job mlab-1-0 does not exist');
      if (url.endsWith('/logs')) return answer(200, { logs });
      if (url.endsWith('/stop')) return answer(200, { stopped: true });
      return answer(200, details);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    bodies,
    become: (status, said = '', more = {}) => {
      details = { status, message: null, driver_exit_code: null, ...more };
      logs = said;
    },
    refuse: (status, text) => (refusal = [status, text]),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await Promise.resolve();
    },
  };
}

const run = (ray: Ray, onLine: (line: string) => void = () => {}, signal = AbortSignal.timeout(10_000)) =>
  rayExecutor({ url: ray.url, pollMs: 5, workingDir: 'https://files/mlab.zip', token: 'secret' }).run(program, { signal, onLine });

test('a program runs as a job of Ray: its words are quoted, its lines told as they come', async () => {
  await using ray = await startRay();
  ray.become('RUNNING', 'one\ntw');
  const lines: string[] = [];
  const end = await run(ray, (line) => {
    lines.push(line);
    ray.become('SUCCEEDED', 'one\ntwo\nno end', { driver_exit_code: 0 });
  });
  assert.deepEqual(end, { succeeded: true, sentence: 'It ended with code 0.' });
  assert.deepEqual(lines, ['one', 'two', 'no end']);
  assert.deepEqual(ray.bodies, [
    {
      submission_id: 'mlab-1-0',
      entrypoint: String.raw`'env' 'ODD=$A' 'python' '-c' 'print("it'\''s")'`,
      entrypoint_num_cpus: 2,
      entrypoint_memory: 1000,
      runtime_env: { env_vars: { A: 'b' }, working_dir: 'https://files/mlab.zip' },
      metadata: { job_submission_id: 'mlab-1-0', made_by: 'mlab' },
    },
  ]);
});

test('how it failed is told, and one that is there already is not begun again', async () => {
  await using ray = await startRay();
  ray.become('FAILED', '', { driver_exit_code: 3 });
  assert.deepEqual(await run(ray), { succeeded: false, sentence: 'It ended with code 3.' });
  ray.become('FAILED', '', { message: 'Runtime env setup failed.\nmore' });
  assert.deepEqual(await run(ray), { succeeded: false, sentence: 'It failed in Ray: Runtime env setup failed.' });
  ray.become('STOPPED');
  assert.deepEqual(await run(ray), { succeeded: false, sentence: 'It was stopped in Ray.' });
  assert.equal(ray.bodies.length, 1);
});

test('one that is no longer wanted is stopped', async () => {
  await using ray = await startRay();
  ray.become('RUNNING', 'begun\n');
  const stop = new AbortController();
  await assert.rejects(run(ray, () => stop.abort(new Error('enough')), stop.signal));
  assert.ok(ray.asked.includes('POST /api/jobs/mlab-1-0/stop'), ray.asked.join('\n'));
  // One that another process goes on with is left to it.
  const handOver = new AbortController();
  await assert.rejects(run(ray, () => handOver.abort(new AppError('unavailable', 'This process ends.')), handOver.signal));
  assert.equal(ray.asked.filter((each) => each.endsWith('/stop')).length, 1);
});

test('what Ray refuses is the caller’s mistake; a Ray that is not there is not', async () => {
  await using ray = await startRay();
  ray.refuse(400, 'ValueError: bad\nTraceback');
  await assert.rejects(run(ray), { code: 'invalid', message: 'Ray refuses the program: ValueError: bad' });
  const stranger = rayExecutor({ url: ray.url, pollMs: 5, workingDir: '', token: 'other' });
  await assert.rejects(stranger.run(program, { signal: AbortSignal.timeout(5000), onLine: () => {} }), {
    code: 'invalid',
    message: 'Ray does not take this token (MLAB_TRAINING_RAY_TOKEN): No token.',
  });
  const nowhere = rayExecutor({ url: 'http://127.0.0.1:9', pollMs: 5, workingDir: '', token: '' });
  await assert.rejects(nowhere.run(program, { signal: AbortSignal.timeout(5000), onLine: () => {} }), {
    code: 'unavailable',
    message: /Ray cannot be reached/,
  });
});

test('lines of a text that grows are told once each', () => {
  const lines: string[] = [];
  const take = newLines((line) => lines.push(line));
  for (const text of ['', 'a', 'ab', 'ab\n', 'ab\n\r\n', 'ab\n\r\nc\nd']) take(text);
  assert.deepEqual(lines, ['ab', '', 'c']);
  take.end();
  take.end();
  assert.deepEqual(lines, ['ab', '', 'c', 'd']);
});
