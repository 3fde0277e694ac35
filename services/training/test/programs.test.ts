import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { AppError, type Objects } from '@mlab/kernel';
import type { Executor, Program } from '#/command/executor.ts';
import { packOutcome, unpackOutcome } from '#/remote/outcome.ts';
import { heardOf, linesOf } from '#/remote/progress-lines.ts';
import { openPrograms, type ProgramHooks } from '#/remote/programs.ts';
import type { RemoteOrder } from '#/remote/order.ts';
import type { Heard } from '#/threads/conduct.ts';

const never = new AbortController().signal;
const order = { kind: 'train' } as unknown as RemoteOrder;

/** Objects in memory, as far as programs need them. */
function memory(): Objects & { readonly keys: () => readonly string[] } {
  const kept = new Map<string, Buffer>();
  const objects = {
    put: async (key: string, source: AsyncIterable<Uint8Array> | Uint8Array) => {
      kept.set(key, source instanceof Uint8Array ? Buffer.from(source) : Buffer.concat(await Array.fromAsync(source)));
    },
    get: async (key: string) => ({ body: Readable.from([kept.get(key)]) }),
    stat: async (key: string) => (kept.has(key) ? { key } : undefined),
    delete: async (key: string) => kept.delete(key),
    keys: () => [...kept.keys()],
  };
  return objects as unknown as ReturnType<typeof memory>;
}

type Run = (program: Program, hooks: { readonly signal: AbortSignal; readonly onLine: (line: string) => void }) => Promise<string>;

/** Programs whose executor does what the test says. */
function open(run: Run, { objects = memory(), limitMs = 10_000 } = {}) {
  const ran: Program[] = [];
  const executor: Executor = {
    name: 'local',
    local: true,
    run: async (program, { signal, onLine }) => {
      ran.push(program);
      return { succeeded: false, sentence: await run(program, { signal, onLine: (line) => onLine(line, 'stdout') }) };
    },
  };
  const common = {
    command: ['node'],
    env: { PATH: '/bin' },
    url: 'http://here',
    memoryBytes: 1,
    cpus: 1,
    image: undefined,
    maxBytes: 1000,
  };
  return { programs: openPrograms({ objects, executor, limitMs, ...common }), ran, objects };
}

const hooks = (signal = never, said: Heard[] = []): ProgramHooks => ({ signal, onSaid: (one) => void said.push(one) });
const tokenOf = (program: Program | undefined): string => program?.env['MLAB_PROGRAM_TOKEN'] ?? '';
const bytes = (outcome: Parameters<typeof packOutcome>[0]) => Readable.from([packOutcome(outcome)]);
/** A signal's own timer keeps no process awake; a program that runs does. */
const untilAborted = async (signal: AbortSignal): Promise<never> => {
  const awake = setTimeout(() => {}, 30_000);
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  clearTimeout(awake);
  throw signal.reason;
};

test('a program that ends without a word is begun anew under another name, three times at most', async () => {
  const said: Heard[] = [];
  const { programs, ran, objects } = open(async () => 'It ended with code 137.');
  await assert.rejects(programs.run('j-0', order, hooks(never, said)), {
    code: 'exhausted',
    message: 'The program that trains has ended without a result. It ended with code 137. That was the third time.',
  });
  assert.deepEqual([new Set(ran.map(({ id }) => id)).size, new Set(ran.map(tokenOf)).size, said.length], [3, 1, 2]);
  assert.match(ran[0]?.id ?? '', /^mlab-j-0-[0-9a-f]{6}$/);
  assert.deepEqual(objects.keys(), []);
});

test('what it brings is answered, to whoever goes on with it too, without running it again', async () => {
  const stop = new AbortController();
  const first = open(async (_, { signal }) => {
    stop.abort(new AppError('unavailable', 'This process ends.'));
    return untilAborted(signal);
  });
  const { objects } = first;
  await assert.rejects(first.programs.run('j-0', order, hooks(stop.signal)), /This process ends/);
  const token = tokenOf(first.ran[0]);
  const second = open(async () => assert.fail('it was run again'), { objects });
  await assert.rejects(second.programs.end({ id: 'j-0', token: 'x', body: bytes({ kind: 'done', result: 1 }) }, never), {
    code: 'forbidden',
  });
  await assert.rejects(second.programs.order({ id: 'j-0' }, never), { code: 'forbidden' });
  await assert.rejects(second.programs.order({ id: '../j-0', token }, never), { code: 'not_found' });
  await second.programs.keepState({ id: 'j-0', token, body: Readable.from([Buffer.from('state')]) }, never);
  assert.equal(String(Buffer.concat(await Array.fromAsync((await second.programs.state({ id: 'j-0', token }, never)).body))), 'state');
  const result = { value: 3, onnx: Uint8Array.from([1, 2, 255]) };
  await second.programs.end({ id: 'j-0', token, body: bytes({ kind: 'done', result }) }, never);
  assert.deepEqual(await second.programs.run('j-0', order, hooks()), result);
  await second.programs.forget('j-0');
  assert.deepEqual(objects.keys(), []);
});

test('one that is cancelled is forgotten, and may not come back', async () => {
  const stop = new AbortController();
  const { programs, ran, objects } = open(async (_, { signal }) => {
    stop.abort(new AppError('cancelled', 'The job was cancelled.'));
    return untilAborted(signal);
  });
  await assert.rejects(programs.run('j-0', order, hooks(stop.signal)), { code: 'cancelled' });
  assert.deepEqual(objects.keys(), []);
  const late = { id: 'j-0', token: tokenOf(ran[0]), body: bytes({ kind: 'done', result: 1 }) };
  await assert.rejects(programs.end(late, never), { code: 'not_found', message: 'There is no program j-0.' });
  assert.deepEqual(objects.keys(), []);
});

test('one that takes too long is ended with a sentence; what it refuses is the error it is', async () => {
  const slow = open(async (_, { signal }) => untilAborted(signal), { limitMs: 20 });
  await assert.rejects(slow.programs.run('j-0', order, hooks()), {
    code: 'exhausted',
    message: /ended after 0\.02 s, which is all it may take \(MLAB_TRAINING_TRAINER_SECONDS\)/,
  });
  const { programs } = open(async (program) => {
    const body = bytes({ kind: 'failed', code: 'invalid', message: 'The target is one.' });
    await programs.end({ id: 'j-1', token: tokenOf(program), body }, never);
    return '';
  });
  await assert.rejects(programs.run('j-1', order, hooks()), { code: 'invalid', message: 'The target is one.' });
  const defect = Buffer.from(packOutcome({ kind: 'failed', code: 'internal', message: 'at x.ts' }));
  assert.throws(
    () => unpackOutcome(defect),
    (error) => !AppError.is(error) && (error as Error).message === 'at x.ts',
  );
});

test('how far it is comes through its lines, in parts that are short; other lines are words', () => {
  const losses = Array.from({ length: 90 }, (_, at) => ({ step: at + 1, metrics: { train_loss: at === 3 ? null : at } }));
  const lines = [...linesOf({ kind: 'earlier', losses })];
  assert.equal(lines.length, 3);
  const heard = lines.map(heardOf).flatMap((said) => (said.kind === 'earlier' ? said.losses : []));
  assert.deepEqual(heard, losses);
  const iteration = { kind: 'iteration', number: 2, of: 3, metrics: { train_loss: Number.NaN } } as const;
  assert.deepEqual([...linesOf(iteration)].map(heardOf), [iteration]);
  const [long = ''] = linesOf({ kind: 'line', level: 'warning', text: 'x'.repeat(50_000) });
  assert.ok(long.length < 5000);
  assert.deepEqual(heardOf('mlab> {no'), { kind: 'line', level: 'info', text: 'mlab> {no' });
  assert.deepEqual(heardOf('hello'), { kind: 'line', level: 'info', text: 'hello' });
  assert.deepEqual([...linesOf({ kind: 'checkpoint', state: new Uint8Array(1) })], []);
});
