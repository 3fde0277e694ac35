import { isDeepStrictEqual } from 'node:util';
import type { Budget } from '../load/comparison.ts';
import type { Contender, Contest } from '../load/rounds.ts';
import type { Pair, Targets } from './targets.ts';

export interface BudgetedContest extends Contest {
  readonly budget: Budget;
}

/** A sentence of everyday length; what is measured is the path, not the copying of a long text. */
const DATA = 'The quick brown fox jumps over the lazy dog';

export function contestsOf({ bare, ours }: Targets): BudgetedContest[] {
  return [
    {
      name: 'forwarded (A asks B)',
      body: JSON.stringify({ data: DATA }),
      budget: { perSecond: 0.7, p99: 3 },
      bare: forwarding('bare', bare),
      ours: forwarding('ours', ours),
    },
    {
      name: 'logging only (A alone)',
      body: JSON.stringify({ data: DATA, forward_to_model: false }),
      budget: { perSecond: 0.6 },
      bare: loggingOnly('bare', bare),
      ours: loggingOnly('ours', ours),
    },
  ];
}

const forwarding = (name: string, { processUrl, gateway, predictor }: Pair): Contender => ({
  name,
  url: processUrl,
  pids: { A: gateway.pid, B: predictor.pid },
});

const loggingOnly = (name: string, { processUrl, gateway }: Pair): Contender => ({ name, url: processUrl, pids: { A: gateway.pid } });

/** Both sides must do the same work: the same status and the same JSON shape, or the comparison is worth nothing. */
export async function checkAnswers(contest: Contest): Promise<void> {
  const [bare, ours] = await Promise.all([ask(contest.bare.url, contest.body), ask(contest.ours.url, contest.body)]);
  if (!isDeepStrictEqual(shape(bare), shape(ours))) {
    throw new Error(`${contest.name}: the answers differ, ${JSON.stringify(bare)} and ${JSON.stringify(ours)}.`);
  }
}

async function ask(url: string, body: string): Promise<unknown> {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

/** The value with every leaf replaced by its type. */
function shape(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shape(each)]));
}
