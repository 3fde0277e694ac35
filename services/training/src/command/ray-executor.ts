import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '@mlab/kernel';
import { Compile, Type } from '@mlab/schema';
import { request } from 'undici';
import type { Executor, Program, ProgramEnd, ProgramHooks } from './executor.ts';
import { isHandedOver } from './handed-over.ts';
import { newLines } from './new-lines.ts';

export interface RayOptions {
  /** Of Ray's dashboard: http://head:8265 */
  readonly url: string;
  readonly pollMs: number;
  /** An address of a packed folder that programs begin in; empty: none. */
  readonly workingDir: string;
  /** Which a cluster asks for that lets not everybody in; empty: none. */
  readonly token: string;
}

const STATUSES = ['PENDING', 'RUNNING', 'STOPPED', 'SUCCEEDED', 'FAILED'] as const;
const Details = Compile(
  Type.Object({
    status: Type.Unsafe<(typeof STATUSES)[number]>({ type: 'string', enum: STATUSES }),
    message: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    driver_exit_code: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
  }),
);
const Logs = Compile(Type.Object({ logs: Type.String() }));

const ANSWER_MS = 15_000;
/** How long nobody may answer before the job is given up. */
const PATIENCE_MS = 120_000;

/**
 * Programs as jobs of a Ray cluster. https://docs.ray.io/en/latest/cluster/running-applications/job-submission/rest.html
 * A job that is there already, for it was begun by a process that was killed, is followed instead of being begun again.
 */
export function rayExecutor({ url, pollMs, workingDir, token }: RayOptions): Executor {
  const jobs = new URL(`${url.replace(/\/$/, '')}/api/jobs/`);

  async function send(path: string, method: 'GET' | 'POST' = 'GET', body?: object): Promise<{ status: number; text: string }> {
    const target = new URL(path, jobs);
    try {
      // Not by fetch: it says that it is a browser, from which Ray takes nothing.
      const headers = {
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      };
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const answer = await request(target, { method, headers, ...sent, signal: AbortSignal.timeout(ANSWER_MS) });
      return { status: answer.statusCode, text: await answer.body.text() };
    } catch (cause) {
      throw new AppError('unavailable', `Ray cannot be reached at ${jobs.origin}.`, { cause });
    }
  }

  async function ask(path: string, method: 'GET' | 'POST' = 'GET', body?: object): Promise<{ status: number; text: string }> {
    const answer = await send(path, method, body);
    if (answer.status !== 401 && answer.status !== 403) return answer;
    const why = token === '' ? 'asks for a token' : 'does not take this token';
    throw new AppError('invalid', `Ray ${why} (MLAB_TRAINING_RAY_TOKEN): ${firstLine(answer.text)}`);
  }

  async function find(id: string): Promise<{ status: (typeof STATUSES)[number]; message: string; code: number | undefined } | undefined> {
    const { status, text } = await ask(encodeURIComponent(id));
    if (status === 404) return undefined;
    const details = readAs(Details, status, text);
    return { status: details.status, message: details.message ?? '', code: details.driver_exit_code ?? undefined };
  }

  async function submit({ id, command, env, memoryBytes, cpus }: Program): Promise<void> {
    // Ray puts its own variables where a value says $NAME, and knows no way to keep it from that; a shell does.
    const { expanded = [], plain = [] } = Object.groupBy(Object.entries(env), ([, value]) => (value.includes('$') ? 'expanded' : 'plain'));
    const prefix = expanded.length === 0 ? [] : ['env', ...expanded.map(([name, value]) => `${name}=${value}`)];
    const body = {
      submission_id: id,
      entrypoint: [...prefix, ...command].map(quoted).join(' '),
      entrypoint_num_cpus: cpus,
      entrypoint_memory: memoryBytes,
      runtime_env: { env_vars: Object.fromEntries(plain), ...(workingDir === '' ? {} : { working_dir: workingDir }) },
      metadata: { job_submission_id: id, made_by: 'mlab' },
    };
    const { status, text } = await ask('', 'POST', body);
    if (status === 200) return;
    // Somebody has submitted it while this was on its way.
    if ((await find(id)) !== undefined) return;
    if (status === 400) throw new AppError('invalid', `Ray refuses the program: ${firstLine(text)}`);
    throw unreadable(status, text);
  }

  async function follow({ id }: Program, { signal, onLine }: ProgramHooks): Promise<ProgramEnd> {
    const take = newLines((line) => onLine(line, 'stdout'));
    let heardAt = performance.now();
    for (;;) {
      signal.throwIfAborted();
      try {
        const found = await find(id);
        if (found === undefined) throw new AppError('invalid', `Ray no longer knows the job ${id}.`);
        const { status, text } = await ask(`${encodeURIComponent(id)}/logs`);
        if (status === 200) take(readAs(Logs, status, text).logs);
        heardAt = performance.now();
        if (found.status !== 'PENDING' && found.status !== 'RUNNING') {
          take.end();
          return endOf(found);
        }
      } catch (error) {
        if (!AppError.is(error, 'unavailable') || performance.now() - heardAt > PATIENCE_MS) throw error;
      }
      await wait(pollMs, undefined, { signal });
    }
  }

  return {
    name: 'ray',
    local: false,
    run: async (program, hooks) => {
      hooks.signal.throwIfAborted();
      if ((await find(program.id)) === undefined) await submit(program);
      try {
        return await follow(program, hooks);
      } catch (error) {
        if (hooks.signal.aborted && !isHandedOver(hooks.signal.reason))
          await ask(`${encodeURIComponent(program.id)}/stop`, 'POST').catch(() => {});
        throw error;
      }
    },
  };
}

function endOf({ status, message, code }: { status: string; message: string; code: number | undefined }): ProgramEnd {
  if (status === 'SUCCEEDED') return { succeeded: true, sentence: 'It ended with code 0.' };
  if (status === 'STOPPED') return { succeeded: false, sentence: 'It was stopped in Ray.' };
  if (code !== undefined && code !== 0) return { succeeded: false, sentence: `It ended with code ${code}.` };
  return { succeeded: false, sentence: `It failed in Ray: ${firstLine(message)}` };
}

function readAs<T>(schema: { Check(value: unknown): value is T }, status: number, text: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unreadable(status, text);
  }
  if (status !== 200 || !schema.Check(value)) throw unreadable(status, text);
  return value;
}

const unreadable = (status: number, text: string): AppError =>
  new AppError('unavailable', `Ray answered ${status} with something that is not understood: ${firstLine(text)}`);

const firstLine = (text: string): string => (text.trim().split('\n', 1)[0] ?? '').slice(0, 500);

/** One word of a POSIX shell, which Ray gives its entry points to. */
const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;
