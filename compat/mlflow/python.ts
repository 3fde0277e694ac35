/** A virtual environment for each release of MLflow, kept below MLAB_HOME between runs. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;

/** Why nothing can be tested here; no failure of what would have been tested. */
export class CannotTest extends Error {}

const CANDIDATES = process.platform === 'win32' ? ['python', 'py'] : ['python3', 'python3.12', 'python3.11', 'python'];
const PROBE = 'import sys, venv, ensurepip; print(sys.version_info >= (3, 10), "%d.%d" % sys.version_info[:2])';

export interface Python {
  readonly program: string;
  readonly version: string;
}

/** `PYTHON` says which; else the first that is new enough and can make environments. */
export function findPython(env: NodeJS.ProcessEnv): Python {
  const programs = env['PYTHON'] ? [env['PYTHON']] : CANDIDATES;
  let found = false;
  for (const program of programs) {
    const { status, stdout, error } = spawnSync(program, ['-c', PROBE], { encoding: 'utf8', env: withoutPythonPath(env) });
    found ||= error === undefined && status !== 127;
    const [isNew, version] = (stdout ?? '').trim().split(' ');
    if (status === 0 && isNew === 'True' && version !== undefined) return { program, version };
  }
  if (!found) throw new CannotTest(`There is no Python here (tried ${programs.join(', ')}).`);
  throw new CannotTest(
    `No Python here is 3.10 or newer and has the modules venv and ensurepip (Debian: python3-venv); tried ${programs.join(', ')}.`,
  );
}

export interface Environment {
  readonly python: string;
  readonly mlflow: string;
}

/** `newest` takes what the index has; a number takes that release with the versions that its constraints file names. */
export function openEnvironment(python: Python, release: string, home: string): Environment {
  const folder = join(home, `mlflow-${release}-python${python.version}`);
  const bin = join(folder, process.platform === 'win32' ? 'Scripts' : 'bin');
  const environment = { python: join(bin, process.platform === 'win32' ? 'python.exe' : 'python') };
  const constraints = join(here, `constraints-${release}.txt`);
  const args = [
    '-r',
    join(here, 'requirements.txt'),
    ...(existsSync(constraints) ? ['-c', constraints] : []),
    release === 'newest' ? 'mlflow<4' : `mlflow==${release}`,
  ];
  const wanted = digestOf([join(here, 'requirements.txt'), constraints]);
  const marker = join(folder, 'installed');
  if (release === 'newest' || !existsSync(marker) || readFileSync(marker, 'utf8') !== wanted) {
    console.error(`Installing MLflow ${release} into ${folder} …`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(home, { recursive: true, mode: 0o700 });
    run(python.program, ['-m', 'venv', folder], 'The environment cannot be made');
    install(environment.python, args, release);
    writeFileSync(marker, wanted);
  }
  const { stdout } = run(environment.python, ['-c', 'import importlib.metadata as m; print(m.version("mlflow"))'], 'MLflow does not load');
  return { ...environment, mlflow: stdout.trim() };
}

function install(python: string, args: readonly string[], release: string): void {
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '--retries', '2', '--timeout', '30'];
  const { status, stderr } = spawnSync(python, [...pip, ...args], { encoding: 'utf8', env: withoutPythonPath(process.env) });
  if (status === 0) return;
  // What pip says when it got no list of releases at all.
  if (/\(from versions: none\)|NewConnectionError|NameResolutionError|Could not fetch URL|ConnectTimeout|ProxyError/.test(stderr))
    throw new CannotTest('No Python package index can be reached.');
  throw new Error(`MLflow ${release} cannot be installed:\n${stderr.trim()}`);
}

function run(program: string, args: readonly string[], what: string): { stdout: string } {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env: withoutPythonPath(process.env) });
  if (status !== 0) throw new Error(`${what}:\n${stderr.trim()}`);
  return { stdout };
}

/** Whoever has set these would test other packages than those installed. */
function withoutPythonPath(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { PYTHONPATH: _path, PYTHONHOME: _home, VIRTUAL_ENV: _venv, ...rest } = env;
  return rest;
}

function digestOf(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) if (existsSync(file)) hash.update(readFileSync(file));
  return hash.digest('hex');
}
