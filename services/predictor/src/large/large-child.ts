import { AppError, type Issue } from '@mlab/kernel/errors';
import { shown } from '#/domain/row.ts';
import { Answerer } from '#/large/answerer.ts';
import type { FromProcess, LargeModel, ToProcess } from '#/large/large-orders.ts';
import { readExactly } from '#/large/read-exactly.ts';

/* Reads, computes and writes what is large, beside the process that answers all else. One question after another. */

const answerer = new Answerer();
const bytes = readExactly(process.stdin);
/** What is under way: a worker of ONNX Runtime that is lost is lost of it, whenever it was begun. */
let current = 0;
/** Which model answers the question that was read. */
let named: PromiseWithResolvers<LargeModel | 'demo'> | undefined;

process.on('disconnect', () => process.exit());
process.on('message', (told: ToProcess) => {
  if ('close' in told) void answerer[Symbol.asyncDispose]().then(() => process.exit());
  else if ('model' in told) named?.resolve(told.model);
  else void answer(told);
});

async function answer({ id, question, size }: Extract<ToProcess, { readonly question: unknown }>): Promise<void> {
  current = id;
  try {
    const { body, ...done } = await answerer.answer(question, await bytes(size), {
      onLost: () => tell({ id: current, lost: true }),
      fileOf: (model) => {
        tell({ id, needs: model.key });
        return bytes(model.size);
      },
      modelFor: (wants) => {
        named = Promise.withResolvers();
        tell({ id, wants });
        return named.promise;
      },
    });
    tell({ id, answer: done, size: body.length });
    process.stdout.write(body);
  } catch (error) {
    const { code, message, issues, retryAfter } = AppError.from(error);
    tell({ id, failed: { code, message, issues: issues === undefined ? undefined : bounded(issues), retryAfter } });
  }
}

const MOST_ECHOED = 65_536;

/** What is wrong with a large question is told in few words: to write all of it down again would hold up others. */
function bounded(issues: readonly Issue[]): readonly Issue[] {
  const { length } = JSON.stringify(issues);
  return length <= MOST_ECHOED ? issues : issues.map((issue) => ({ ...issue, input: shown(issue.input) }));
}

function tell(said: FromProcess): void {
  process.send?.(said);
}
