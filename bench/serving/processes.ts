/** A server that is no program of ours: started in a group of its own, known by its port, with all the processes that it starts. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

export interface ForeignProgram {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** It is up once this answers with 200. */
  readonly readyUrl: string;
}

export interface ForeignServer extends AsyncDisposable {
  /** Of all processes that it consists of now. */
  readonly pids: () => readonly number[];
  /** Stops them all, so that they take nothing from another that is measured. */
  readonly pause: () => void;
  /** Until it answers again. */
  readonly resume: () => Promise<void>;
}

const START_MS = 180_000;
const STOP_MS = 15_000;

export async function startForeign({ name, command: [program, ...args], folder, env, readyUrl }: ForeignProgram): Promise<ForeignServer> {
  // The paths of packages that whoever starts the bench has set would change what is measured.
  const { PYTHONPATH: _path, PYTHONHOME: _home, VIRTUAL_ENV: _venv, ...rest } = process.env;
  const child = spawn(program, args, { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...rest, ...env } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (said = (said + chunk).slice(-4000)));
  }
  const gone = once(child, 'exit');
  const pids = (): number[] => descendantsOf(child.pid ?? 0);
  const tellAll = (signal: NodeJS.Signals): void => {
    for (const pid of pids()) tell(pid, signal);
  };
  const killAll = (): void => tellAll('SIGKILL');
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  process.once('exit', killAll);
  const stop = async (): Promise<void> => {
    // Who outlives the first of them has another parent then, and could not be found any more.
    const all = pids();
    tellAll('SIGCONT');
    child.kill('SIGTERM');
    await Promise.race([gone, wait(STOP_MS, undefined, { ref: false })]);
    for (const pid of all) tell(pid, 'SIGKILL');
    process.off('exit', killAll);
  };
  try {
    await untilItAnswers(readyUrl, hasEnded);
  } catch (error) {
    await stop();
    throw new Error(`${name} did not start. It said last:\n${said}`, { cause: error });
  }
  return {
    pids,
    pause: () => tellAll('SIGSTOP'),
    resume: async () => {
      tellAll('SIGCONT');
      await untilItAnswers(readyUrl, hasEnded);
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** A process and all below it; from /proc, so that elsewhere it is the process alone. */
function descendantsOf(root: number): number[] {
  const children = new Map<number, number[]>();
  try {
    for (const entry of readdirSync('/proc')) {
      const pid = Number(entry);
      if (!Number.isInteger(pid)) continue;
      const parent = parentOf(pid);
      if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
    }
  } catch {
    return [root];
  }
  const found = [root];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    // It has ended since the folder was read.
    return undefined;
  }
}

function tell(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended already.
  }
}

async function untilItAnswers(url: string, hasEnded: () => boolean): Promise<void> {
  for (const end = performance.now() + START_MS; performance.now() < end; await wait(100)) {
    if (hasEnded()) break;
    const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) }).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok === true) return;
  }
  throw new Error(`${url} did not answer`);
}
