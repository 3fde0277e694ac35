import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test } from 'node:test';
import { DirectRoutes } from '#/http/direct-routes.ts';

const response = {} as ServerResponse;
const request = (method: string, url: string): IncomingMessage => ({ method, url }) as IncomingMessage;

function doors() {
  const direct = new DirectRoutes();
  const entered: string[] = [];
  const door =
    (name: string) =>
    (_request: IncomingMessage, _response: ServerResponse, params: Readonly<Record<string, string>>): void =>
      void entered.push(`${name} ${JSON.stringify(params)}`);
  /** Where a request comes to, or `router`. */
  const ask = (method: string, url: string): string =>
    direct.enter(request(method, url), response) ? (entered.pop() ?? 'nowhere') : 'router';
  return { direct, door, ask };
}

test('a path without parameters is entered directly, by its own method and letter for letter', () => {
  const { direct, door, ask } = doors();
  direct.add({ method: 'POST', path: '/predict' }, door('predict'));
  direct.add({ method: 'GET', path: '/models' }, door('list'));
  direct.add({ method: 'POST', path: '/models/:name/predict' }, door('rows'));
  direct.add({ method: 'PUT', path: '/files/*' }, door('files'));
  assert.equal(ask('POST', '/predict'), 'predict {}');
  assert.equal(ask('GET', '/models'), 'list {}');
  for (const [method, url] of [
    ['GET', '/predict'],
    ['POST', '/predict/'],
    ['POST', '/predict?a=b'],
    ['POST', '/Predict'],
    ['POST', '/models/:name/predict'],
    ['PUT', '/files/*'],
    ['POST', '/constructor'],
  ] as const)
    assert.equal(ask(method, url), 'router', `${method} ${url}`);
});

test('what the router has found is found again, each URL with its own parameters, and nothing else is', () => {
  const { direct, door, ask } = doors();
  direct.add({ method: 'GET', path: '/models/a/predict' }, door('page'));
  for (const name of ['a', 'b', 'c%2Fd']) direct.remember(request('POST', `/models/${name}/predict`), door('rows'), { name });
  direct.remember(request('GET', '/models/a'), door('describe'), { name: 'a' });
  direct.remember(request('POST', '/models/b/predict?x=1'), door('rows'), { name: 'b' });
  direct.remember(request('POST', `/models/${'x'.repeat(600)}`), door('rows'), { name: 'x' });
  assert.equal(ask('POST', '/models/b/predict'), 'rows {"name":"b"}');
  assert.equal(ask('POST', '/models/c%2Fd/predict'), 'rows {"name":"c%2Fd"}');
  assert.equal(ask('GET', '/models/b/predict'), 'router');
  assert.equal(ask('GET', '/models/a'), 'router');
  assert.equal(ask('POST', '/models/a'), 'router');
  assert.equal(ask('POST', '/models/b/predict?x=1'), 'router');
  assert.equal(ask('POST', `/models/${'x'.repeat(600)}`), 'router');
});

test('however many URLs come, few are remembered', () => {
  const { direct, door, ask } = doors();
  for (let index = 0; index < 1000; index++) direct.remember(request('POST', `/${index}`), door('rows'), { index: `${index}` });
  const remembered = Array.from({ length: 1000 }, (_, index) => ask('POST', `/${index}`)).filter((place) => place !== 'router');
  assert.ok(remembered.length > 0 && remembered.length <= 256, `${remembered.length}`);
  assert.equal(ask('POST', '/999'), 'rows {"index":"999"}');
});
