/** pytest as our tests of foreign clients run it: with the environment of a user's script, and ended with its parent. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

interface PytestRun {
  /** The path of its Python. */
  readonly python: string;
  /** Where the tests lie. */
  readonly folder: string;
  readonly args: readonly string[];
  /** What the tests are told, beside an environment that is cleaned. */
  readonly env: Readonly<Record<string, string>>;
}

/** How it ended: by itself, with a code, or by a signal. */
export type Ended = readonly [code: number | null, signal: NodeJS.Signals | null];

/** What pytest says where a selection has selected nothing. */
export const NOTHING_SELECTED = 5;

export function startPytest({ python, folder, args, env }: PytestRun): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(python, ['-m', 'pytest', '-q', ...args], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...cleanEnvironment(process.env), ...SETTINGS, ...env },
  });
  const endWithParent = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithParent);
  const ended = (once(child, 'exit') as Promise<unknown> as Promise<Ended>).finally(() => process.off('exit', endWithParent));
  return { child, ended };
}

const SETTINGS = {
  // MLflow's client would tell its makers of each call.
  DO_NOT_TRACK: 'true',
  GIT_PYTHON_REFRESH: 'quiet',
  // The tests share two cores with what they ask.
  OMP_NUM_THREADS: '1',
  PYTHONDONTWRITEBYTECODE: '1',
  NO_PROXY: '127.0.0.1,localhost',
};

/** As pytest's -k takes it. */
export const selecting = (only: string | undefined): readonly string[] => (only === undefined ? [] : ['-k', only]);

/** As many as there are functions; with their parameters there are more. */
export function countTests(folder: string): number {
  const files = readdirSync(folder).filter((name) => /^test_.*\.py$/.test(name));
  return files.reduce((sum, name) => sum + (readFileSync(join(folder, name), 'utf8').match(/^(async )?def test_/gm)?.length ?? 0), 0);
}

/** The environment without what would change how MLflow's client or server behaves, or what our services do. */
export function cleanEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const strange =
    /^(MLFLOW_|_MLFLOW_|DATABRICKS_|MLAB_(?!HOME$)|SERVICE_B_URL|DATABASE_URL|NATS_URL|OTEL_|PYTEST_|PYTHONPATH|PYTHONHOME|VIRTUAL_ENV)/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !strange.test(name)));
}
