import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processStart } from '../../apps/cli/bootstrap/process-start.mjs';
import { homeOf } from '../../apps/cli/src/home.ts';
import { ask, askStatus } from '../../apps/cli/src/supervisor/control-client.ts';
import type { ProcessStatus, SupervisorStatus } from '../../apps/cli/src/supervisor/process-status.ts';
import type { CommandLine, Ended } from './command-line-for-test.ts';

export const repository = resolve(import.meta.dirname, '../..');
const bootstrap = join(repository, 'apps', 'cli', 'bootstrap', 'mlab.mjs');

const ENDS_WITHIN_MS = 60_000;

/** mlab as a person runs it, in a home and on ports of its own, with the stub in the platform's place. */
export interface TestCli extends AsyncDisposable {
  readonly home: string;
  readonly ports: { readonly gateway: number; readonly predictor: number };
  readonly env: NodeJS.ProcessEnv;
  /** A topology of the lab and a database of its own. */
  readonly withDatabase: string;
  /** Runs a command to its end, one after the other, in a process that runs all of them: half of what they take is the start of one. */
  run(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended>;
  /** Starts a command that goes on, or is looked at as a process: one of its own, by the bootstrap. */
  begin(args: readonly string[], options?: BeginOptions): Begun;
  /** What `mlab ps` says, asked of the supervisor without a process of its own: many tests wait for something to be seen in it. */
  ps(): Promise<TestStatus>;
  process(name: string): Promise<ProcessStatus>;
  get(service: 'gateway' | 'predictor', path?: string): Promise<string>;
  log(process: string): string;
}

interface BeginOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly command?: string;
  readonly cwd?: string;
}

interface Begun {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  out(): string;
  /** Resolves when the output has the text; rejects with all of it when the command ends before. */
  says(text: string): Promise<void>;
  /** As the terminal does it: to the whole process group. */
  interrupt(): void;
}

interface TestStatus {
  readonly supervisor: Pick<SupervisorStatus, 'pid' | 'memory'>;
  readonly processes: SupervisorStatus['processes'];
}

export async function testCli(folderName = 'mlab test '): Promise<TestCli> {
  const parent = mkdtempSync(join(tmpdir(), folderName));
  const home = join(parent, 'home');
  const ownHome = homeOf({ MLAB_HOME: home });
  const ports = { gateway: await freePort(), predictor: await freePort() };
  const env: NodeJS.ProcessEnv = {
    ...withoutOurs(process.env),
    MLAB_HOME: home,
    MLAB_GATEWAY_PORT: String(ports.gateway),
    MLAB_PREDICTOR_PORT: String(ports.predictor),
    MLAB_PREDICTOR_GRPC_PORT: String(await freePort()),
    MLAB_PLATFORM_MAIN: join(import.meta.dirname, 'stub-platform.ts'),
    // Most tests are not about the database, and need none.
    MLAB_TOPOLOGY: 'lab',
    NO_COLOR: '1',
  };
  const withDatabase = join(parent, 'with-database.json');
  const processes = { predictor: { services: ['predictor'] }, gateway: { services: ['gateway'] } };
  writeFileSync(withDatabase, JSON.stringify({ database: 'embedded', processes }));
  const begun: Begun[] = [];
  const cli: TestCli = {
    home,
    ports,
    env,
    withDatabase,
    run: (args, extra = {}) => runHere({ args, env: { ...env, ...extra } }),
    begin(args, options = {}) {
      const one = begin(options.command ?? process.execPath, options.command ? args : [bootstrap, ...args], {
        cwd: options.cwd ?? repository,
        env: { ...env, ...options.env },
      });
      begun.push(one);
      return one;
    },
    async ps() {
      const status = await askStatus(ownHome);
      if (status === undefined) throw new Error('ps: nothing runs');
      return { supervisor: status, processes: status.processes };
    },
    async process(name) {
      const found = (await cli.ps()).processes.find((entry) => entry.process === name);
      if (!found) throw new Error(`ps shows no ${name}`);
      return found;
    },
    async get(service, path = '/') {
      return (await fetch(`http://127.0.0.1:${ports[service]}${path}`)).text();
    },
    log: (process) => readFileSync(join(home, 'logs', `${process}.log`), 'utf8'),
    async [Symbol.asyncDispose]() {
      const supervisor = (await askStatus(ownHome).catch(() => undefined))?.pid;
      if (await ask(ownHome, { type: 'down' })) await until('the supervisor is gone', () => !isAlive(supervisor));
      // One that was killed, or is about to start, is for the command to see to.
      else if (existsSync(ownHome.lock)) await cli.run(['down']);
      for (const { child, ended } of begun) {
        if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
        await ended;
      }
      rmSync(parent, { recursive: true, force: true });
    },
  };
  return cli;
}

let commands: ChildProcess | undefined;
let running: Promise<unknown> = Promise.resolve();

function runHere(line: CommandLine): Promise<Ended> {
  const ended = running.then(() => hear(line));
  running = ended.catch(() => undefined);
  return ended;
}

async function hear(line: CommandLine): Promise<Ended> {
  commands ??= fork(join(import.meta.dirname, 'command-line-for-test.ts'), { cwd: repository, execArgv: [] });
  // It keeps us while we wait for it, and ends when we do.
  commands.ref();
  commands.channel?.ref();
  try {
    const answer = once(commands, 'message', { signal: AbortSignal.timeout(ENDS_WITHIN_MS) });
    commands.send(line);
    const [ended] = (await answer) as [Ended];
    return ended;
  } catch (error) {
    commands.kill('SIGKILL');
    commands = undefined;
    throw new Error(`mlab ${line.args.join(' ')} did not end within ${ENDS_WITHIN_MS / 1000} s`, { cause: error });
  } finally {
    commands?.unref();
    commands?.channel?.unref();
  }
}

function begin(command: string, args: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }): Begun {
  const child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err += chunk));
  const ended = once(child, 'close').then(([code, signal]): Ended => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    out,
    err,
  }));
  let over = false;
  void ended.then(() => (over = true));
  return {
    child,
    ended,
    out: () => out,
    says: (text) =>
      until(`the command says "${text}"`, () => {
        if (out.includes(text)) return true;
        if (over) throw new Error(`the command ended without saying "${text}":\n${out}\n${err}`);
        return false;
      }),
    interrupt: () => process.kill(-(child.pid ?? 0), 'SIGINT'),
  };
}

/** Waits for something to be seen, not for time to pass. */
export async function until(what: string, seen: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await seen())) {
    if (Date.now() > deadline) throw new Error(`within ${withinMs} ms it did not come to this: ${what}`);
    await delay(50);
  }
}

export const isAlive = (pid: number | undefined): boolean => pid !== undefined && processStart(pid) !== undefined;

/** Below the range from which the system gives ports away by itself, so that nobody else's test gets it in between. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    const free = await new Promise<boolean>((done) => {
      server.once('error', () => done(false));
      server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
    });
    if (free) return port;
  }
}

/** The variables that npm and the test runner set would make the command think that it runs under them. */
function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([key]) => !/^(npm_|MLAB_|STUB_|NODE_(?!COMPILE)|FORCE_COLOR|SERVICE_B_URL|DATABASE_URL)/i.test(key)),
  );
}
