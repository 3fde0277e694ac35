/** A release of MLflow with what its tests need. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openPythonEnvironment } from '../python-environment.ts';

const here = import.meta.dirname;

export interface Environment {
  readonly python: string;
  /** The release that it is. */
  readonly mlflow: string;
}

/** `newest` takes what the index has; a number takes that release with the versions that its constraints file names. */
export function openEnvironment(release: string): Environment {
  const constraints = join(here, `constraints-${release}.txt`);
  const { python } = openPythonEnvironment({
    name: `mlflow-${release}`,
    requirements: [release === 'newest' ? 'mlflow<4' : `mlflow==${release}`],
    files: [join(here, 'requirements.txt')],
    ...(existsSync(constraints) ? { constraints } : {}),
    fresh: release === 'newest',
  });
  const args = ['-c', 'import importlib.metadata as m; print(m.version("mlflow"))'];
  const { status, stdout, stderr } = spawnSync(python, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`MLflow does not load:\n${stderr.trim()}`);
  return { python, mlflow: stdout.trim() };
}
