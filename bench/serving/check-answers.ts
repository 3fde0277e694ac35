import type { Entrant } from './rounds.ts';

const TOLERANCE = 1e-5;

/** All must say the same of the same row, or the comparison is worth nothing. */
export async function checkAnswers(entrants: readonly Entrant[], row: readonly number[]): Promise<void> {
  let first: { readonly name: string; readonly said: readonly number[] } | undefined;
  for (const { target, running } of entrants) {
    await running.resume?.();
    const answer = await (running.ask ?? askOverHttp)(running.url, running.body(row));
    running.pause?.();
    const said = running.probabilities(answer);
    if (said.length !== 2 || !said.every((each) => each >= 0 && each <= 1))
      throw new Error(`${target.name} did not answer with two probabilities, but with ${JSON.stringify(answer)}.`);
    first ??= { name: target.name, said };
    const expected = first.said;
    if (said.some((each, index) => Math.abs(each - (expected[index] ?? Number.NaN)) > TOLERANCE))
      throw new Error(`The answers differ: ${first.name} says ${expected.join(', ')}, and ${target.name} ${said.join(', ')}.`);
  }
}

async function askOverHttp(url: string, body: string): Promise<unknown> {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}
