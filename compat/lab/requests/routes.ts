import type { Service } from '../../../tests/system/lab-contract/cases.ts';
import { JSON_TYPE, post, type Case } from './request.ts';

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND'];

const ask = (service: Service, method: string, path: string): Case => ({ name: `${method} ${path}`, service, method, path, headers: [] });

const wrongMethods = (['a', 'b'] as const).flatMap((service) =>
  ['/', '/health', service === 'a' ? '/process' : '/predict', '/docs', '/docs/oauth2-redirect', '/redoc', '/openapi.json', '/nope'].flatMap(
    (path) => METHODS.map((method) => ask(service, method, path)),
  ),
);

const odd = [
  '/health/', '/process/', '/process//', '//process', '//', '/health//', '/openapi.json/', '/docs/', '/redoc/', '/nope/', '/process/x', '/process/x/',
  '/Process', '/HEALTH', '/predict', '/%70rocess', '/%68ealth', '/health%2F', '/heal%74h/', '/%2Fhealth', '/health%20', '/health%00', '/%', '/%zz', '/%ff',
  '/health?', '/health?x=1', '/health?x=1&x=2', '/health/?x=1&y=%20', '/process/?x=%2F', '/?x', '/?/x', '/health;x=1', '/./health', '/../health', '/x/../health', '/health#x', '/.',
  '/health.json', '/favicon.ico', '/robots.txt', '/__proto__', '/constructor', '/health/x?y', '/*', '/:id', '/docs/oauth2-redirect/',
]; // prettier-ignore

const oddPaths = odd.flatMap((path) => [
  ask('a', 'GET', path),
  { ...ask('a', 'POST', path), headers: JSON_TYPE, body: '{"data":"x","forward_to_model":false}' },
]);

const withBody: readonly Case[] = ['GET', 'PUT', 'DELETE'].flatMap((method) =>
  ['/health', '/process'].map((path) => ({
    ...ask('a', method, path),
    name: `${method} ${path} with a body`,
    headers: JSON_TYPE,
    body: '{bad',
  })),
);

const forwarding = [
  post('a', 'forward_to_model is true when absent', '{"data":"x"}'),
  post('a', 'forwarded on demand', '{"data":"test input","forward_to_model":true}'),
  post('b', 'a prediction', '{"input":"test input"}'),
  post('a-without-b', 'B cannot be reached', '{"data":"x"}'),
  post('a-without-b', 'B is not needed', '{"data":"x","forward_to_model":false}'),
  post('a-without-b', 'B cannot be reached, and the body is bad', '{"data":1}'),
];

export const routes: readonly Case[] = [...wrongMethods, ...oddPaths, ...withBody, ...forwarding];
