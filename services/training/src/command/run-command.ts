import { spawn, type ChildProcess } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import { AppError } from '@mlab/kernel';

export interface CommandOrder {
  /** The program and its arguments. No shell reads them. */
  readonly command: readonly string[];
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder that it begins in. */
  readonly folder: string;
  /** Most address space of each of its processes, in bytes, where there is a POSIX shell; undefined: as much as there is. */
  readonly memoryBytes: number | undefined;
}

export interface CommandHooks {
  /** Ends it, with all processes that it has begun: asked to end, and after `graceMs` killed. */
  readonly signal: AbortSignal;
  readonly graceMs: number;
  /** A line of what it says. */
  readonly onLine: (line: string, stream: 'stdout' | 'stderr') => void;
}

export interface CommandEnd {
  /** undefined: a signal ended it. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
}

const MAX_LINE = 16_384;

/**
 * Holds what follows to a limit of memory, and has it killed when the other end of its standard input closes: whoever asked for it may
 * have been killed himself, and nobody would be left to end it.
 */
const GUARD = `ulimit -v "$1" 2>/dev/null
shift
exec 3<&0
( cat <&3 >/dev/null; kill -KILL 0 ) 2>/dev/null &
"$@" 3<&- </dev/null &
wait $!`;

/** Runs any program to its end. */
export async function runCommand(order: CommandOrder, { signal, graceMs, onLine }: CommandHooks): Promise<CommandEnd> {
  signal.throwIfAborted();
  const child = start(order);
  const lines = [readLines(child, 'stdout', onLine), readLines(child, 'stderr', onLine)];
  let killing: NodeJS.Timeout | undefined;
  const stop = (): void => {
    killGroup(child, 'SIGTERM');
    killing = setTimeout(() => killGroup(child, 'SIGKILL'), graceMs);
  };
  signal.addEventListener('abort', stop);
  try {
    const end = await new Promise<CommandEnd>((resolve, reject) => {
      child.once('error', (error) => reject(cannotStart(order, error)));
      child.once('exit', (code, by) => resolve(endOf(code, by)));
    });
    // What it has left behind, and who watched over it.
    killGroup(child, 'SIGKILL');
    await Promise.all(lines);
    if (end.code === 127 && hasGuard) throw cannotStart(order, Object.assign(new Error('not found'), { code: 'ENOENT' }));
    return end;
  } finally {
    clearTimeout(killing);
    signal.removeEventListener('abort', stop);
    killGroup(child, 'SIGKILL');
  }
}

const hasGuard = process.platform !== 'win32';

function start({ command, env, folder, memoryBytes }: CommandOrder): ChildProcess {
  const [program = '', ...rest] = command;
  const options = { cwd: folder, env, detached: hasGuard, windowsHide: true } as const;
  if (!hasGuard) return spawn(program, rest, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const kilobytes = memoryBytes === undefined ? 'unlimited' : String(Math.ceil(memoryBytes / 1024));
  const child = spawn('/bin/sh', ['-c', GUARD, 'sh', kilobytes, ...command], { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin?.on('error', () => {});
  return child;
}

/** A shell tells the signal that ended its child as 128 and its number. */
function endOf(code: number | null, by: NodeJS.Signals | null): CommandEnd {
  if (by !== null) return { code: undefined, signal: by };
  if (hasGuard && code !== null && code > 128 && code <= 128 + 64) return { code: undefined, signal: `signal ${code - 128}` };
  return { code: code ?? undefined, signal: undefined };
}

function killGroup({ pid }: ChildProcess, by: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(hasGuard ? -pid : pid, by);
  } catch {
    // It has ended.
  }
}

function cannotStart({ command, folder }: CommandOrder, error: Error): AppError {
  const [program = ''] = command;
  const { code } = error as NodeJS.ErrnoException;
  const why = code === 'ENOENT' ? 'there is no such program' : code === 'EACCES' ? 'it may not be run' : 'the system refuses it';
  return new AppError('invalid', `The command "${program.slice(0, 200)}" cannot be started in ${folder}: ${why}.`, { cause: error });
}

/** Resolves at the end of the stream. A line that is too long comes in parts. */
function readLines(child: ChildProcess, name: 'stdout' | 'stderr', onLine: CommandHooks['onLine']): Promise<void> {
  const stream = child[name];
  if (stream === null) return Promise.resolve();
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (text: string): void => {
    const parts = (rest + text).split(/\r?\n|\r/);
    rest = parts.pop() ?? '';
    for (const part of parts) onLine(part, name);
    for (; rest.length > MAX_LINE; rest = rest.slice(MAX_LINE)) onLine(rest.slice(0, MAX_LINE), name);
  };
  return new Promise((resolve) => {
    stream.on('data', (chunk: Buffer) => take(decoder.write(chunk)));
    stream.on('error', () => {});
    stream.on('close', () => {
      take(decoder.end());
      if (rest !== '') onLine(rest, name);
      resolve();
    });
  });
}
