/** Virtual environments of Python, kept below MLAB_HOME between runs: for the world's own clients, and for what we are measured beside. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { homeOf } from '../apps/cli/src/home.ts';

/** Why nothing can be tested here; no failure of what would have been tested. */
export class CannotTest extends Error {}

export interface PythonPackages {
  /** Of the environment: letters, digits, dots and dashes. */
  readonly name: string;
  /** As pip takes them: `ray[default]==2.60.0`. */
  readonly requirements?: readonly string[];
  /** Files of requirements. */
  readonly files?: readonly string[];
  /** A file that says which versions are taken of what the requirements need in turn. */
  readonly constraints?: string;
  /** Installed anew each time: for requirements that mean the newest there is. */
  readonly fresh?: boolean;
}

export interface PythonEnvironment {
  /** The path of its Python. */
  readonly python: string;
  /** The path of a program that one of the packages brings. */
  program(name: string): string;
}

/** Throws CannotTest where there is no Python or no package index, and an Error where what is wanted cannot be installed. */
export function openPythonEnvironment(packages: PythonPackages): PythonEnvironment {
  const found = findPython(process.env);
  const home = join(homeOf(process.env).folder, 'python');
  const folder = join(home, `${packages.name}-python${found.version}`);
  const [bin, suffix] = process.platform === 'win32' ? [join(folder, 'Scripts'), '.exe'] : [join(folder, 'bin'), ''];
  const environment: PythonEnvironment = {
    python: join(bin, `python${suffix}`),
    program: (name) => join(bin, `${name}${suffix}`),
  };
  const marker = join(folder, 'installed');
  const wanted = digestOf(packages);
  // A Python that was removed since leaves a link to nothing behind.
  const isWhole = (): boolean =>
    existsSync(marker) && readFileSync(marker, 'utf8') === wanted && existsSync(environment.python) && packages.fresh !== true;
  if (isWhole()) return environment;
  mkdirSync(home, { recursive: true, mode: 0o700 });
  using _alone = lock(`${folder}.lock`);
  if (isWhole()) return environment;
  console.error(`Installing ${packages.name} into ${folder} …`);
  rmSync(folder, { recursive: true, force: true });
  const made = spawnSync(found.program, ['-m', 'venv', folder], { encoding: 'utf8', env: withoutPythonPath(process.env) });
  if (made.status !== 0) throw new Error(`The environment cannot be made:\n${made.stderr.trim()}`);
  install(environment.python, packages);
  // Last of all: an installation that was broken off has none.
  writeFileSync(marker, wanted);
  return environment;
}

interface Python {
  readonly program: string;
  readonly version: string;
}

const CANDIDATES = process.platform === 'win32' ? ['python', 'py'] : ['python3', 'python3.12', 'python3.11', 'python'];
const PROBE = 'import sys, venv, ensurepip; print(sys.version_info >= (3, 10), "%d.%d" % sys.version_info[:2])';

/** `PYTHON` says which; else the first that is new enough and can make environments. */
function findPython(env: NodeJS.ProcessEnv): Python {
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

// What pip says when it got no list of releases at all.
const NO_INDEX = /\(from versions: none\)|NewConnectionError|NameResolutionError|Could not fetch URL|ConnectTimeout|ProxyError/;
const PIP = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '--retries', '2', '--timeout', '30'];

function install(python: string, { name, requirements = [], files = [], constraints }: PythonPackages): void {
  const args = [...requirements, ...files.flatMap((file) => ['-r', file]), ...(constraints === undefined ? [] : ['-c', constraints])];
  const { status, stderr } = spawnSync(python, [...PIP, ...args], { encoding: 'utf8', env: withoutPythonPath(process.env) });
  if (status === 0) return;
  if (NO_INDEX.test(stderr)) throw new CannotTest('No Python package index can be reached.');
  throw new Error(`${name} cannot be installed:\n${stderr.trim()}`);
}

/** Whoever has set these would get other packages than those installed. */
function withoutPythonPath(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { PYTHONPATH: _path, PYTHONHOME: _home, VIRTUAL_ENV: _venv, ...rest } = env;
  return rest;
}

function digestOf({ requirements = [], files = [], constraints }: PythonPackages): string {
  const hash = createHash('sha256').update(JSON.stringify(requirements));
  for (const file of [...files, ...(constraints === undefined ? [] : [constraints])]) hash.update(readFileSync(file));
  return hash.digest('hex');
}

const LOCK_POLL_MS = 200;

/** One program at a time installs into a folder. The lock of a program that has ended is nobody's. */
function lock(path: string): Disposable {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  using _cleanUp = { [Symbol.dispose]: () => rmSync(own, { force: true }) };
  for (;;) {
    try {
      // Linked when it is written, so that it never stands there without its owner.
      linkSync(own, path);
      return { [Symbol.dispose]: () => rmSync(path, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = ownerOf(path);
    if (owner !== undefined && !isAlive(owner)) rmSync(path, { force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_POLL_MS);
  }
}

function ownerOf(path: string): number | undefined {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
