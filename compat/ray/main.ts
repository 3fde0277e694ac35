/**
 * `mlab test --compat` runs it beside MLflow's client: training's executor against a real Ray from the Python index, on this machine. Says so,
 * and what was skipped, where there is none.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Program, ProgramEnd } from '../../services/training/src/command/executor.ts';
import { rayExecutor } from '../../services/training/src/command/ray-executor.ts';
import { freePort } from '../../tests/crash/free-port.ts';
import { CannotTest, openPythonEnvironment } from '../python-environment.ts';
import { cancelInRay, trainInRay } from './our-trainers.ts';

/** Apache-2.0. https://docs.ray.io */
const RAY = '2.60.0';
/** Whoever knows it may have things run there. */
const TOKEN = randomBytes(32).toString('hex');
const START_MS = 180_000;
const JOB_MS = 180_000;

interface Ran {
  readonly end: ProgramEnd;
  readonly lines: readonly string[];
}

type Run = (program: Partial<Program> & Pick<Program, 'id' | 'command'>, onLine?: (line: string, stop: () => void) => void) => Promise<Ran>;

const python = (code: string): readonly string[] => ['python', '-c', code];

const scenarios: Readonly<Record<string, (run: Run, url: string) => Promise<void>>> = {
  'a program runs with its environment, and its words reach it as they are': async (run) => {
    const words = [`it's`, '$(id)', '', '"', 'ü €', 'two words'];
    const code = 'import json, os, sys; print("WORDS " + json.dumps([os.environ["A"], sys.argv[1:]]))';
    const { end, lines } = await run({ id: 'words', command: [...python(code), ...words], env: { A: `b '$HOME' "c"` } });
    assert.deepEqual(end, { succeeded: true, sentence: 'It ended with code 0.' });
    const said = lines.find((line) => line.startsWith('WORDS '));
    assert.deepEqual(JSON.parse(said?.slice(6) ?? 'null'), [`b '$HOME' "c"`, words]);
  },
  'how it failed is told': async (run) => {
    const { end } = await run({ id: 'fails', command: python('raise SystemExit(3)') });
    assert.deepEqual(end, { succeeded: false, sentence: 'It ended with code 3.' });
  },
  'one that is there already is followed and not begun again': async (run) => {
    const command = python('import os; print("PID", os.getpid())');
    const first = await run({ id: 'twice', command });
    const second = await run({ id: 'twice', command });
    const pids = (ran: Ran): readonly string[] => ran.lines.filter((line) => line.startsWith('PID '));
    assert.equal(pids(first).length, 1);
    assert.deepEqual(pids(second), pids(first));
  },
  'lines come while it runs, and one that is no longer wanted is stopped': async (run) => {
    const code = 'import time\nprint("begun", flush=True)\ntime.sleep(600)';
    await assert.rejects(run({ id: 'stopped', command: python(code) }, (line, stop) => line === 'begun' && stop()));
    const { end } = await run({ id: 'stopped', command: python(code) });
    assert.deepEqual(end, { succeeded: false, sentence: 'It was stopped in Ray.' });
  },
  'our own trainers and the trials of a study come out as in threads': (_, url) => trainInRay({ url, token: TOKEN }),
  'a training of ours that is cancelled is stopped': (_, url) => cancelInRay({ url, token: TOKEN }),
};

async function main(): Promise<number> {
  try {
    const program = openPythonEnvironment({ name: `ray-${RAY}`, requirements: [`ray[default]==${RAY}`] }).program('ray');
    return await test(program);
  } catch (error) {
    if (!(error instanceof CannotTest)) throw error;
    console.log(`${error.message} The ${Object.keys(scenarios).length} tests of compat/ray were skipped.`);
    return 0;
  }
}

async function test(program: string): Promise<number> {
  // Ray's sockets have the folder in their names, which may not be long.
  const folder = mkdtempSync(join(tmpdir().length > 40 ? '/tmp' : tmpdir(), 'ray-'));
  const [port, dashboard] = [await freePort(), await freePort()];
  const options = ['--head', '--block', `--port=${port}`, `--dashboard-port=${dashboard}`, '--dashboard-host=127.0.0.1'];
  const sizes = ['--node-ip-address=127.0.0.1', '--num-cpus=2', '--object-store-memory=100000000', `--temp-dir=${folder}`];
  const env = {
    ...process.env,
    PATH: `${dirname(program)}:${process.env['PATH']}`,
    RAY_USAGE_STATS_ENABLED: '0',
    RAY_AUTH_MODE: 'token',
    RAY_AUTH_TOKEN: TOKEN,
  };
  const ray = spawn(program, ['start', ...options, ...sizes, '--disable-usage-stats'], { stdio: 'ignore', detached: true, env });
  const ended = once(ray, 'exit');
  const end = (): void => void (ray.pid !== undefined && process.kill(-ray.pid, 'SIGKILL'));
  process.once('exit', end);
  try {
    const url = `http://127.0.0.1:${dashboard}`;
    await untilItAnswers(`${url}/api/jobs/`);
    const executor = rayExecutor({ url, pollMs: 300, workingDir: '', token: TOKEN });
    let failed = 0;
    for (const [name, scenario] of Object.entries(scenarios)) {
      try {
        await scenario(runWith(executor), url);
        console.log(`✔ Ray ${RAY}: ${name}`);
      } catch (error) {
        failed++;
        console.log(`✖ Ray ${RAY}: ${name}\n${error instanceof Error ? error.stack : String(error)}`);
      }
    }
    console.log(`compat/ray: ${Object.keys(scenarios).length - failed} passed, ${failed} failed, 0 skipped`);
    return failed === 0 ? 0 : 1;
  } finally {
    process.off('exit', end);
    ray.kill('SIGTERM');
    await Promise.race([ended, new Promise((resolve) => void setTimeout(resolve, 10_000))]);
    try {
      end();
    } catch {
      // All of it has ended.
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

const runWith =
  (executor: ReturnType<typeof rayExecutor>): Run =>
  async (program, onLine = () => {}) => {
    const lines: string[] = [];
    const stop = new AbortController();
    const whole: Program = { env: {}, memoryBytes: 100_000_000, cpus: 0.5, image: undefined, seesToMemory: false, ...program };
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(JOB_MS)]);
    const end = await executor.run(whole, {
      signal,
      onLine: (line) => {
        lines.push(line);
        onLine(line, () => stop.abort(new Error('It is no longer wanted.')));
      },
    });
    return { end, lines };
  };

async function untilItAnswers(url: string): Promise<void> {
  const limit = performance.now() + START_MS;
  for (;;) {
    const answer = await fetch(url, { headers: { authorization: `Bearer ${TOKEN}` } }).catch(() => undefined);
    if (answer?.ok === true) return;
    if (performance.now() > limit) throw new Error(`Ray does not answer at ${url} after ${START_MS / 1000} s.`);
    await new Promise((resolve) => void setTimeout(resolve, 300));
  }
}

process.exitCode = await main();
