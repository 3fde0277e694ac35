// Runs one command line after the other, each as if it were a process of its own: with its environment, its output and its exit code.
import { runCommandLine } from '../../apps/cli/src/run-command-line.ts';

export interface CommandLine {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** Takes what is written to a stream; answers with all of it when it is given back. */
function take(stream: NodeJS.WriteStream): () => string {
  const write = stream.write.bind(stream);
  let text = '';
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    const done = rest.at(-1);
    if (typeof done === 'function') process.nextTick(done);
    return true;
  };
  return () => {
    stream.write = write;
    return text;
  };
}

process.on('message', (message) => void run(message as CommandLine));
process.on('disconnect', () => process.exit());

async function run({ args, env }: CommandLine): Promise<void> {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  const [out, err] = [take(process.stdout), take(process.stderr)];
  const code = await runCommandLine(args);
  const ended: Ended = { code, signal: null, out: out(), err: err() };
  process.send?.(ended);
}
