/** A Python with LightGBM and scikit-learn, which trains what it is told to. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CannotTest, findPython } from '../../compat/mlflow/python.ts';

const here = import.meta.dirname;

export interface Reference extends AsyncDisposable {
  readonly versions: Readonly<Record<string, string>>;
  ask<T>(question: object): Promise<T>;
}

/** Undefined where there is no Python or no index of packages: then ours is measured alone. */
export async function openReference(home: string): Promise<Reference | undefined> {
  try {
    return await start(environment(home));
  } catch (error) {
    if (!(error instanceof CannotTest)) throw error;
    console.error(`${error.message} LightGBM and scikit-learn are left out; ours is measured alone.`);
    return undefined;
  }
}

/** Its Python program, kept below MLAB_HOME between runs. */
function environment(home: string): string {
  const python = findPython(process.env);
  const folder = join(home, `training-python${python.version}`);
  const requirements = join(here, 'requirements.txt');
  const program = join(folder, process.platform === 'win32' ? join('Scripts', 'python.exe') : join('bin', 'python'));
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const marker = join(folder, 'installed');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return program;
  console.error(`Installing LightGBM and scikit-learn into ${folder} …`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const steps = [
    [python.program, '-m', 'venv', folder],
    [program, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '-r', requirements],
  ] as const;
  for (const [command, ...args] of steps) {
    const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    if (status !== 0) throw new CannotTest(`LightGBM and scikit-learn cannot be installed: ${stderr.trim().split('\n').at(-1)}`);
  }
  writeFileSync(marker, wanted);
  return program;
}

async function start(program: string): Promise<Reference> {
  const child = spawn(program, [join(here, 'reference.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting: PromiseWithResolvers<unknown>[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(JSON.parse(line)));
  child.once('exit', (code) =>
    waiting.forEach((each) => each.reject(new Error(`The Python that is compared with ended with code ${code}.`))),
  );
  const ask = <T>(question: object): Promise<T> => {
    const answer = Promise.withResolvers<unknown>();
    waiting.push(answer);
    child.stdin.write(`${JSON.stringify(question)}\n`);
    return answer.promise as Promise<T>;
  };
  const versions = await ask<Record<string, string>>({ do: 'versions' });
  return { versions, ask, [Symbol.asyncDispose]: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once('exit', () => resolve());
  child.stdin?.end();
  await promise;
}
