import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { homeOf } from '../apps/cli/src/home.ts';
import { CannotTest, findPython } from './mlflow/python.ts';

export interface PythonPackage {
  /** As pip takes it: `ray[default]`. */
  readonly requirement: string;
  readonly version: string;
  /** The program that it brings. */
  readonly program: string;
}

/** The path of a program from the Python index, in an environment of its own that is kept below MLAB_HOME. Throws CannotTest where there is none. */
export function openPythonPackage({ requirement, version, program }: PythonPackage): string {
  const python = findPython(process.env);
  const folder = join(homeOf(process.env).folder, 'compat', `${program}-${version}-python${python.version}`);
  const bin = join(folder, process.platform === 'win32' ? 'Scripts' : 'bin');
  const path = join(bin, program);
  if (existsSync(path)) return path;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const made = spawnSync(python.program, ['-m', 'venv', folder], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`The environment cannot be made:\n${made.stderr}`);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--retries', '2', `${requirement}==${version}`];
  const { status } = spawnSync(join(bin, 'python'), pip, { encoding: 'utf8' });
  if (status === 0) return path;
  rmSync(folder, { recursive: true, force: true });
  throw new CannotTest(
    `${requirement} ${version} cannot be installed: no Python package index can be reached, or it has none for this machine.`,
  );
}
