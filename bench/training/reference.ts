/** A Python with LightGBM and scikit-learn, which trains what it is told to. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CannotTest, openPythonEnvironment } from '../../compat/python-environment.ts';

const here = import.meta.dirname;

export interface Reference extends AsyncDisposable {
  readonly versions: Readonly<Record<string, string>>;
  ask<T>(question: object): Promise<T>;
}

/** Undefined where there is no Python or no index of packages: then ours is measured alone. */
export async function openReference(): Promise<Reference | undefined> {
  try {
    return await start(openPythonEnvironment({ name: 'training', files: [join(here, 'requirements.txt')] }).python);
  } catch (error) {
    if (!(error instanceof CannotTest)) throw error;
    console.error(`${error.message} LightGBM and scikit-learn are left out; ours is measured alone.`);
    return undefined;
  }
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
