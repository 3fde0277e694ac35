import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand, type CommandEnd } from '../src/command/run-command.ts';

const node = (code: string): readonly string[] => [process.execPath, '-e', code];

interface Ran {
  readonly end: CommandEnd;
  readonly lines: readonly string[];
}

async function run(
  command: readonly string[],
  options: { env?: Record<string, string>; signal?: AbortSignal; memoryBytes?: number; graceMs?: number } = {},
): Promise<Ran> {
  const lines: string[] = [];
  const { env = {}, signal = AbortSignal.timeout(20_000), memoryBytes = 2 ** 40, graceMs = 200 } = options;
  const end = await runCommand(
    { command, env, folder: tmpdir(), memoryBytes },
    { signal, graceMs, onLine: (line, stream) => lines.push(`${stream}: ${line}`) },
  );
  return { end, lines };
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function untilDead(pid: number): Promise<void> {
  for (let tries = 0; isAlive(pid); tries++) {
    assert.ok(tries < 500, `the process ${pid} still runs`);
    await new Promise((resolve) => void setTimeout(resolve, 10));
  }
}

test('a program has the environment it is given and no other, and what it says comes line by line', async () => {
  const code = 'console.log(JSON.stringify(process.env)); console.error("zwei €\\r\\nthree"); process.stdout.write("no end")';
  const { end, lines } = await run(node(code), { env: { A: 'b c', X: '$(id)' } });
  assert.deepEqual(end, { code: 0, signal: undefined });
  const [first = ''] = lines;
  const seen = JSON.parse(first.slice('stdout: '.length)) as Record<string, string>;
  // A shell's own.
  for (const name of ['PWD', 'SHLVL', '_', 'OLDPWD']) delete seen[name];
  assert.deepEqual(seen, { A: 'b c', X: '$(id)' });
  assert.deepEqual(lines.slice(1).toSorted(), ['stderr: three', 'stderr: zwei €', 'stdout: no end']);
});

test('arguments are arguments, whatever a shell would make of them', async () => {
  const hostile = ['; echo gone', '$(echo gone)', '*', '', '"', "'", '-n', '\n'];
  const { lines } = await run([...node('console.log(JSON.stringify(process.argv.slice(1)))'), '--', ...hostile]);
  assert.deepEqual(lines, [`stdout: ${JSON.stringify(hostile)}`]);
});

test('how it ends is told', async () => {
  assert.deepEqual((await run(node('process.exit(3)'))).end, { code: 3, signal: undefined });
  assert.deepEqual((await run(node('process.kill(process.pid, "SIGKILL")'))).end, { code: undefined, signal: 'signal 9' });
  await assert.rejects(run(['no-such-program-anywhere']), { code: 'invalid', message: /"no-such-program-anywhere" cannot be started/ });
  await assert.rejects(run([join(tmpdir(), 'nothing', 'here')]), { code: 'invalid' });
});

test('one that is no longer wanted ends with all that it has begun, also if it does not listen', async () => {
  const stop = new AbortController();
  const child = `require("child_process").spawn(process.execPath, ["-e", "setInterval(()=>{},1000)"])`;
  const code = `process.on("SIGTERM", () => {}); console.log(process.pid, ${child}.pid); setInterval(() => {}, 1000)`;
  const pids: number[] = [];
  const ended = runCommand(
    { command: node(code), env: {}, folder: tmpdir(), memoryBytes: 2 ** 40 },
    {
      signal: stop.signal,
      graceMs: 100,
      onLine: (line) => {
        pids.push(...line.split(' ').map(Number));
        stop.abort();
      },
    },
  );
  await ended;
  assert.equal(pids.length, 2);
  for (const pid of pids) await untilDead(pid);
});

test('what it leaves running ends with it', async () => {
  const child = `require("child_process").spawn(process.execPath, ["-e", "setInterval(()=>{},1000)"], { stdio: "ignore" })`;
  const { lines } = await run(node(`const c = ${child}; console.log(c.pid); c.unref()`));
  await untilDead(Number(lines[0]?.split(' ')[1]));
});

test('when whoever asked for it is killed, it is killed too', async () => {
  const file = JSON.stringify(new URL('../src/command/run-command.ts', import.meta.url).href);
  const order = { command: node('console.log(process.pid); setInterval(() => {}, 1000)'), env: {}, folder: tmpdir(), memoryBytes: 2 ** 40 };
  const code = `import(${file}).then(({ runCommand }) => runCommand(${JSON.stringify(order)}, { signal: new AbortController().signal, graceMs: 100, onLine: (line) => console.log(line) }))`;
  const parent = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  assert.ok(isAlive(pid));
  parent.kill('SIGKILL');
  await untilDead(pid);
});

test('it has no more memory than it may have', async () => {
  const { end } = await run(['sh', '-c', 'head -c 300000000 /dev/zero | tail'], {
    env: { PATH: process.env['PATH'] ?? '' },
    memoryBytes: 100_000_000,
  });
  assert.notEqual(end.code, 0);
});

test('a line without an end comes in parts', async () => {
  const { lines } = await run(node('process.stdout.write("x".repeat(100000))'));
  assert.equal(lines.map((line) => line.slice('stdout: '.length)).join(''), 'x'.repeat(100_000));
  assert.ok(lines.every((line) => line.length < 17_000));
});
