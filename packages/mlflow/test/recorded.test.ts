import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { agrees, DIFFERENCES, explain, missingFragment, type Case } from './differences.ts';
import { ask, type Answer } from './ours.ts';

/** What MLflow 3.17.2 answers; compat/mlflow/grammar records it. */
const recorded = JSON.parse(readFileSync(`${import.meta.dirname}/recorded.json`, 'utf8')) as {
  readonly mlflow: string;
  readonly cases: Readonly<Record<string, readonly (readonly [value: unknown, answer: Answer])[]>>;
};

const used = new Set<string>();
let words = 0;
let refused = 0;

describe(`MLflow ${recorded.mlflow} and we read the same`, () => {
  for (const [subject, cases] of Object.entries(recorded.cases)) {
    test(`${subject}: ${cases.length} cases`, () => {
      const unexplained: Case[] = [];
      for (const [value, theirs] of cases) {
        const one: Case = { subject, value, theirs, ours: ask(subject, value) };
        if (agrees(one, isDeepStrictEqual)) {
          if ('error' in theirs) refused++;
          if (missingFragment(one) !== undefined) words++;
          continue;
        }
        const difference = explain(one);
        if (difference === undefined) unexplained.push(one);
        else used.add(difference);
      }
      assert.deepEqual(unexplained, []);
    });
  }
});

test('every difference that we mean to have is seen', () => {
  assert.deepEqual(
    Object.keys(DIFFERENCES).filter((name) => !used.has(name)),
    [],
  );
});

test('what we refuse we refuse with the words of MLflow', () => {
  assert.ok(refused > 700, `${refused} refused`);
  assert.ok(words / refused < 0.2, `${words} of ${refused} with other words`);
});
