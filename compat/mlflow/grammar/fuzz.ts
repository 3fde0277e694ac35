import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import { agrees, explain, missingFragment, type Case } from '../../../packages/mlflow/test/differences.ts';
import { ask, type Answer } from '../../../packages/mlflow/test/ours.ts';

/** Reads the random cases that fuzz.py writes, and shows where our answers differ from MLflow's and nothing says why. */
const most = Number(process.argv[2] ?? 5);
const counts: Record<string, number> = {};
let cases = 0;

function count(key: string, { subject, value, theirs, ours }: Case): void {
  counts[key] = (counts[key] ?? 0) + 1;
  if (key.startsWith('same') || key.startsWith('meant') || key.startsWith('broken') || counts[key] > most) return;
  console.log(`${key}: ${subject} ${JSON.stringify(value)}\n  theirs ${JSON.stringify(theirs)}\n  ours   ${JSON.stringify(ours)}`);
}

for await (const line of createInterface({ input: process.stdin })) {
  const [subject, value, theirs] = JSON.parse(line) as [string, unknown, Answer];
  const one: Case = { subject, value, theirs, ours: ask(subject, value) };
  cases++;
  if ('broken' in theirs) {
    count(`broken: ${subject}`, one);
  } else if (agrees(one, isDeepStrictEqual)) {
    const fragment = missingFragment(one);
    count(fragment === undefined ? `same: ${subject}` : `other words: ${subject}: ${fragment}`, one);
  } else {
    const difference = explain(one);
    count(difference === undefined ? `UNEXPLAINED: ${subject}` : `meant: ${subject}: ${difference}`, one);
  }
}

console.log(`${cases} cases`);
for (const [key, number] of Object.entries(counts).toSorted(([one], [other]) => one.localeCompare(other)))
  console.log(`${String(number).padStart(7)}  ${key}`);
