import { parentPort } from 'node:worker_threads';
import { AppError } from '@mlab/kernel/errors';
import { openExplainer, type Explainer } from '#/explain/explainer.ts';
import type { ExplainAnswer, ExplainOrder } from '#/explain/explain-thread.ts';

/* Explains beside the thread that answers questions: a row of large trees takes longer than that may stand still. */

/** The explainers that were asked last, by the digest of their file. */
const explainers = new Map<string, Explainer>();
const MOST = 4;

parentPort?.on('message', (order: ExplainOrder) => {
  try {
    const isStopped = (): boolean => Atomics.load(order.stop, 0) !== 0;
    tell({ id: order.id, explained: explainerFor(order).explain(order.columns, order.targets, isStopped) });
  } catch (error) {
    const { code, message } = AppError.from(error);
    tell({ id: order.id, failed: { code, message } });
  }
});

function explainerFor({ sha256, bytes, signature, profile }: ExplainOrder): Explainer {
  const key = `${sha256} ${JSON.stringify(signature)}`;
  const explainer = explainers.get(key) ?? openExplainer(bytes, signature, profile);
  // The one that is asked stands last.
  explainers.delete(key);
  explainers.set(key, explainer);
  for (const oldest of explainers.keys()) {
    if (explainers.size <= MOST) break;
    explainers.delete(oldest);
  }
  return explainer;
}

function tell(answer: ExplainAnswer): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(answer);
}
