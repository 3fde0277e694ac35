/**
 * Each `curl` of the README is run exactly as printed, and its answer compared with the one printed below it.
 *
 *   - A block marked sh that calls curl holds one command; the next fenced block is its answer, marked json or text.
 *   - `localhost:8000` and `localhost:8001` stand for the two services; the test puts its own addresses in their place,
 *     and in the answer it puts them back.
 *   - json is compared as values, so the README may lay it out for reading. Where the demo model draws at random, the
 *     class, the confidence and the message are compared by what is promised of them.
 *   - text is compared as it stands; a line of three dots stands for any number of lines.
 *   - What asks a model that was trained is tried by ../demo.test.ts, which has one.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { run } from '../run.ts';
import { asPattern, shownCommands } from '../shown-commands.ts';
import { leaveLab, sharedLab } from './lab.ts';

const README = new URL('../../../README.md', import.meta.url);
const PREDICTED = /^Predicted class: (cat|dog|bird|fish|rabbit) with (7|8|9)\d\.0% confidence$/;

let lab: Awaited<ReturnType<typeof sharedLab>>;
before(async () => void (lab = await sharedLab()));
after(leaveLab);

const commands = shownCommands(await readFile(README, 'utf8')).filter(({ command }) => !command.includes('/models/'));

test('the README shows how to ask both services', () => {
  for (const address of ['localhost:8000', 'localhost:8001'])
    assert.ok(
      commands.some(({ command }) => command.includes(address)),
      address,
    );
});

for (const { command, line, answer } of commands) {
  test(`README.md:${line}: ${command.replaceAll(/\s+/g, ' ')}`, async () => {
    assert.ok(answer, `The command in line ${line} is followed by no json or text block with its answer.`);
    const { code, output, errors } = await run('sh', ['-c', toTestAddresses(command)]);
    assert.equal(code, 0, errors);
    const got = toPrintedAddresses(output);
    if (answer.language === 'json') assert.deepEqual(withoutChance(JSON.parse(got)), withoutChance(JSON.parse(answer.text)));
    else assert.match(got.replaceAll('\r', '').trimEnd(), asPattern(answer.text));
  });
}

const host = (url: string): string => new URL(url).host;
const toTestAddresses = (text: string): string =>
  text.replaceAll('localhost:8000', host(lab.serviceA)).replaceAll('localhost:8001', host(lab.serviceB));
const toPrintedAddresses = (text: string): string =>
  text.replaceAll(host(lab.serviceA), 'localhost:8000').replaceAll(host(lab.serviceB), 'localhost:8001');

/** The value with what the demo model draws at random replaced by a name for it, if it is in its range. */
function withoutChance(value: unknown, key = ''): unknown {
  if (key === 'confidence' && typeof value === 'number' && value >= 0.7 && value <= 0.99) return '(a confidence)';
  if (key === 'class' && typeof value === 'string' && ['cat', 'dog', 'bird', 'fish', 'rabbit'].includes(value)) return '(a class)';
  if (key === 'message' && typeof value === 'string' && PREDICTED.test(value)) return '(a class with a confidence)';
  if (Array.isArray(value)) return value.map((each) => withoutChance(each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withoutChance(each, name)]));
}
