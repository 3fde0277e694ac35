import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { processInput } from '../ask.ts';
import { PLACEMENTS } from '../lab.ts';
import { startHere } from '../platform-here.ts';
import { startProcess } from '../platform-process.ts';
import { leaveLabs, sharedLab } from '../shared-labs.ts';
import { waitUntil } from '../wait.ts';

interface Line {
  readonly msg: string;
  readonly service?: string;
  readonly operation?: string;
  readonly status?: number;
  readonly input?: string;
  readonly length?: number;
  readonly trace_id?: string;
  readonly level?: string;
}

const LAB = 'gateway,predictor';

/** All but one that is still being written. */
const linesOf = (output: string): readonly Line[] =>
  output
    .slice(0, output.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

after(leaveLabs);

for (const placement of PLACEMENTS) {
  test(`${placement}: the input is logged, and each request is one line with the trace id of its caller`, async () => {
    const lab = await sharedLab(placement);
    const traceId = '7d3a61c94f0e4b52a6c8e1f05b9d2e47';
    const answer = await processInput(lab.a, 'a cat on a mat', { traceparent: `00-${traceId}-00f067aa0ba902b7-01` });
    assert.equal(answer.status, 200);
    await waitUntil('two lines', 2000, () => linesOf(lab.gateway.output()).filter((line) => line.trace_id === traceId).length >= 2);
    const lines = linesOf(lab.gateway.output()).filter((line) => line.trace_id === traceId && line.service === 'gateway');
    assert.deepEqual(
      lines.map(({ msg, input, status }) => ({ msg, input, status })),
      [
        { msg: 'input received', input: 'a cat on a mat', status: undefined },
        { msg: 'request', input: undefined, status: 200 },
      ],
    );
  });
}

test('no input can end its log line, begin another, or steer a terminal', async () => {
  await using lab = await startHere({ target: LAB });
  const forged = 'x\n{"level":"fatal","msg":"forged"}\r\n\u0000\u001b[31m\u009b31m\u2028\u202e\u2066end';
  await processInput(lab.urls['gateway'] ?? '', forged, { 'mlab-caller': 'x\u009b31m' });
  await waitUntil('both lines', 2000, () => lab.output().includes('"operation":"processInput"'));
  assert.doesNotMatch(lab.output(), /[\u0080-\u009f]/);
  const lines = linesOf(lab.output());
  assert.ok(lines.every((line) => line.level !== 'fatal' && line.msg !== 'forged'));
  const logged = lines.find((line) => line.msg === 'input received')?.input ?? '';
  assert.equal(
    logged,
    String.raw`x\u000a{"level":"fatal","msg":"forged"}\u000d\u000a\u0000\u001b[31m\u009b31m\u2028\u202e\u2066end`,
    'what could be obeyed is written as an escape',
  );
});

test('a long input is cut in the log and says how long it was', async () => {
  await using lab = await startHere({ target: LAB, env: { MLAB_GATEWAY_LOG_INPUT_LIMIT: '10' } });
  await processInput(lab.urls['gateway'] ?? '', 'abcdefghijklmnopqrstuvwxyz');
  await waitUntil('the line', 2000, () => lab.output().includes('input received'));
  const line = linesOf(lab.output()).find(({ msg }) => msg === 'input received');
  assert.deepEqual({ input: line?.input, length: line?.length }, { input: 'abcdefghij… (26 in all)', length: 26 });
});

test('a redacted log holds the length of an input and nothing of it', async () => {
  await using lab = await startHere({ target: LAB, env: { MLAB_GATEWAY_LOG_INPUT: 'redacted' } });
  await processInput(lab.urls['gateway'] ?? '', 'my secret');
  await processInput(lab.urls['gateway'] ?? '', { data: 'my secret', forward_to_model: 'my secret' });
  await waitUntil('both requests', 2000, () => linesOf(lab.output()).filter(({ msg }) => msg === 'request').length >= 2);
  assert.doesNotMatch(lab.output(), /my secret/);
  assert.equal(linesOf(lab.output()).find(({ msg }) => msg === 'input received')?.length, 9);
});

test('a log file is rotated, and no line is lost or broken on the way', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mlab log '));
  try {
    const file = join(folder, 'gateway.log');
    await using gateway = await startProcess({ target: 'gateway', env: { MLAB_LOG_FILE: file, MLAB_LOG_MAX_BYTES: '20000' } });
    const count = 80;
    for (let i = 0; i < count; i++) await processInput(gateway.urls['gateway'] ?? '', { data: `input ${i}`, forward_to_model: false });
    assert.equal(await gateway.stop(), 0);
    const older = await readFile(`${file}.1`, 'utf8');
    const inputs = linesOf(older + (await readFile(file, 'utf8')))
      .filter(({ msg }) => msg === 'input received')
      .map(({ input }) => input);
    assert.deepEqual(
      inputs.slice(-20),
      Array.from({ length: 20 }, (_, i) => `input ${count - 20 + i}`),
    );
    assert.deepEqual(await readFile(file, 'utf8').then((text) => linesOf(text).at(-1)?.msg), 'draining');
  } finally {
    await rm(folder, { recursive: true });
  }
});
