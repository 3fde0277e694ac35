import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Type } from '@mlab/schema';
import { AppError } from '../../packages/kernel/src/errors.ts';
import { compileModel } from '../../packages/kernel/src/http/fastapi/model.ts';
import { readRequest } from '../../packages/kernel/src/http/fastapi/read-request.ts';
import { fastapiStatus, renderError } from '../../packages/kernel/src/http/fastapi/render-error.ts';
import { compareAnswers, type Answer, type Question } from './compare-answers.ts';
import { DocumentMaker } from './random-document.ts';

const models = {
  a: compileModel<{ data: string; forward_to_model: boolean }>(
    Type.Object({ data: Type.String(), forward_to_model: Type.Boolean({ default: true }) }),
  ),
  b: compileModel<{ input: string }>(Type.Object({ input: Type.String() })),
};

const count = Number(process.argv[2] ?? 20_000);
const seed = Number(process.argv[3] ?? Date.now() % 1e9);
const maker = new DocumentMaker(seed);

const original = spawn(`${import.meta.dirname}/.venv/bin/python`, ['fuzz_original.py'], {
  cwd: import.meta.dirname,
  stdio: ['pipe', 'pipe', 'inherit'],
});
const answers = createInterface({ input: original.stdout })[Symbol.asyncIterator]();
const tally: Record<string, number> = {};
let differences = 0;
for (let number = 0; number < count && differences < 10; number++) {
  const question = ask();
  original.stdin.write(`${JSON.stringify({ ...question, type: question.type ?? null, body: question.body.toString('base64') })}\n`);
  const theirs = JSON.parse((await answers.next()).value as string) as Answer;
  const ours = answer(question);
  const verdict = compareAnswers(question, theirs, ours);
  tally[verdict] = (tally[verdict] ?? 0) + 1;
  if (verdict === 'DIFFERENT') {
    differences++;
    console.error(
      question.service,
      question.type,
      JSON.stringify(question.body.toString('utf8')),
      '\n  original',
      theirs,
      '\n  ours    ',
      ours,
    );
  }
}
original.stdin.end();
console.log(`${count} documents, seed ${seed}:`, tally);
process.exitCode = differences > 0 ? 1 : 0;

function ask(): Question {
  const service = maker.pick(['a', 'a', 'b'] as const);
  const type = maker.below(30) === 0 ? maker.pick(['text/plain', 'application/x+json', undefined]) : 'application/json';
  return { service, type, body: encode(maker.document()) };
}

/** Mostly UTF-8; sometimes another encoding, and sometimes with a byte that is not the right one. */
function encode(text: string): Buffer {
  const way = maker.below(60);
  if (way === 0) return Buffer.from(text, 'utf16le');
  if (way === 1) return Buffer.from(text, 'utf16le').swap16();
  if (way === 2) return Buffer.from(`\ufeff${text}`, 'utf16le');
  const bytes = Buffer.from(way === 3 ? `\ufeff${text}` : text);
  if (way < 8 && bytes.length > 0) bytes[maker.below(bytes.length)] = maker.below(256);
  return bytes;
}

/** Our answer in the original's terms: an accepted input of A that would be forwarded finds nobody there. */
function answer({ service, type, body }: Question): Answer {
  const read = readRequest<object>(body, type, models[service]);
  if (read instanceof AppError) return { status: fastapiStatus(read), body: renderError(read) };
  if ('input' in read.value)
    return { status: 200, body: JSON.stringify({ prediction: { input_length: Array.from(read.value.input as string).length } }) };
  return { status: 'forward_to_model' in read.value && read.value.forward_to_model === true ? 503 : 200 };
}
