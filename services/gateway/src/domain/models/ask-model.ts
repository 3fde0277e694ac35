import { AppError, STATUS, type CallMeta } from '@mlab/kernel';
import { failedWith, type Ending } from '#/domain/input-log/entry.ts';
import type { KeepInputs } from '#/domain/process-input.ts';

/** What is asked of a model, as the log keeps it. */
export interface Question {
  /** The question as JSON, or a summary of it. */
  readonly text: string;
  /** As it was asked for; whoever answers may say it better. */
  readonly model: string;
  readonly version: string | undefined;
}

export interface LogDeps {
  /** Writes the input's line into the service's log. */
  readonly logInput: (data: string, call: CallMeta) => void;
  /** Absent where there is no database: then the line is all that is kept. */
  readonly inputs: KeepInputs | undefined;
  /** In milliseconds, never going back. */
  readonly monotonic: () => number;
}

interface Asking<A> {
  readonly ask: () => Promise<A>;
  /** What of the answer is kept, and how long it took. */
  readonly ended: (answer: A, latencyMs: number) => Ending | Promise<Ending>;
}

/** As with every input: it is in the log whatever becomes of it, and is answered when it and its answer are committed. */
export async function askModel<A>(deps: LogDeps, question: Question, call: CallMeta, { ask, ended }: Asking<A>): Promise<A> {
  const { inputs, monotonic, logInput } = deps;
  const { text, model, version } = question;
  logInput(text, call);
  if (inputs === undefined) return ask();
  const kept = inputs.receive(text, true, call);
  const started = monotonic();
  let answer: A;
  try {
    answer = await ask();
  } catch (error) {
    const { code, message } = AppError.from(error);
    await inputs.end(kept, { ...failedWith(code === 'invalid' ? UNPROCESSABLE : STATUS[code], message), model, modelVersion: version });
    throw error;
  }
  await inputs.end(kept, await ended(answer, monotonic() - started));
  return answer;
}

/** The lab's services answer so what they can read and not accept. */
const UNPROCESSABLE = 422;
