import { parentPort } from 'node:worker_threads';
import { AppError, type Issue } from '@mlab/kernel/errors';
import { shown } from '#/domain/row.ts';
import { Answerer } from '#/large/answerer.ts';
import type { FromThread, LargeModel, LargeOrder, ToThread } from '#/large/large-orders.ts';

/* Reads, computes and writes what is large, beside the thread that answers all else. One question after another. */

const answerer = new Answerer();
/** Which model answers the question that was read. */
let named: PromiseWithResolvers<LargeModel | 'demo'> | undefined;

parentPort?.on('message', (told: ToThread) => {
  if ('order' in told) void answer(told.order);
  else if ('close' in told) void answerer[Symbol.asyncDispose]().then(() => parentPort?.close());
  else if (told.model === undefined) named?.reject(new AppError('cancelled', 'It cannot be asked.'));
  else named?.resolve(told.model);
});

async function answer({ id, question, stop }: LargeOrder): Promise<void> {
  try {
    const done = await answerer.answer(question, {
      isStopped: () => Atomics.load(stop, 0) !== 0,
      onLost: () => tell({ id, lost: true }),
      modelFor: (wants) => {
        named = Promise.withResolvers();
        tell({ id, wants });
        return named.promise;
      },
    });
    tell({ id, answer: done }, [done.body.buffer]);
  } catch (error) {
    const { code, message, issues, retryAfter } = AppError.from(error);
    tell({ id, failed: { code, message, issues: issues === undefined ? undefined : bounded(issues), retryAfter } });
  }
}

const MOST_ECHOED = 65_536;

/** What is wrong with a large question is told in few words: to write all of it down again would hold up others. */
function bounded(issues: readonly Issue[]): readonly Issue[] {
  const length = JSON.stringify(issues).length;
  return length <= MOST_ECHOED ? issues : issues.map((issue) => ({ ...issue, input: shown(issue.input) }));
}

function tell(said: FromThread, transfer: ArrayBuffer[] = []): void {
  parentPort?.postMessage(said, transfer);
}
