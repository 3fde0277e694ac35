import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError } from '#/errors.ts';
import { fastapiStatus, renderError } from '#/http/fastapi/render-error.ts';

const echo = (input: unknown): string =>
  renderError(new AppError('invalid', 'no', { issues: [{ type: 't', loc: ['body', 0], msg: 'm', input }] }));
const around = (input: string): string => `{"detail":[{"type":"t","loc":["body",0],"msg":"m","input":${input}}]}`;

describe('what came in is echoed as Python writes it', () => {
  const cyclic: unknown[] = [];
  cyclic.push(cyclic);
  let deep: unknown = 1;
  for (let depth = 0; depth < 100_000; depth++) deep = [deep];
  const table: readonly (readonly [name: string, input: unknown, written: string])[] = [
    ['a large integer', 12345678901234567890n, '12345678901234567890'],
    ['a large float', 5e17, '5e+17'],
    ['the negative zero', [-0, 0], '[-0.0,0]'],
    ['a lone surrogate', '\ud800', '"\\ud800"'],
    ['a private key', { _sa: 1, a: [{ _sa_b: 1, b: 2 }] }, '{"a":[{"b":2}]}'],
    ['nothing', undefined, 'null'],
    ['a value that contains itself', cyclic, 'null'],
    ['a value deeper than any stack', deep, 'null'],
  ];
  for (const [name, input, written] of table) test(name, () => assert.equal(echo(input), around(written)));
});

test('an error without issues is a detail in words', () => {
  const error = new AppError('unavailable', 'Service B is unavailable: it did not answer');
  assert.equal(renderError(error), '{"detail":"Service B is unavailable: it did not answer"}');
  assert.equal(fastapiStatus(error), 503);
  assert.equal(renderError(new AppError('invalid', 'no')), '{"detail":"no"}');
});

test('invalid is 422 here, malformed stays 400', () => {
  assert.equal(fastapiStatus(new AppError('invalid', '')), 422);
  assert.equal(fastapiStatus(new AppError('malformed', '')), 400);
});
