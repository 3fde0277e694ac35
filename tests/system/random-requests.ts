import type { Route } from '@mlab/kernel';

/** Requests that no client would send, and such as are nearly right. */

export interface RandomRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | undefined;
}

type Random = () => number;
/** Values that mean something, by the names of fields. */
export type Known = Readonly<Record<string, readonly unknown[]>>;

const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

const TEXTS = [
  '',
  ' ',
  'a',
  'abc',
  '0',
  '-1',
  '1.5',
  'NaN',
  'null',
  'true',
  '__proto__',
  'constructor',
  'a/b',
  '..',
  '../../etc/passwd',
  '/etc/passwd',
  'a\0b',
  '\0',
  '\ud800',
  'x\udfff',
  '😀',
  '\uffff',
  '\u202e',
  '%00',
  '%',
  '%zz',
  '%2e%2e%2f',
  "'; DROP TABLE run; --",
  '"',
  '\\',
  '`',
  '\n',
  "metrics.m > 1 and params.p = 'x'",
  "metrics.m > 'x'",
  'a'.repeat(300),
  '{"a":1}',
  'https://127.0.0.1:1/x',
  'file:///etc/passwd',
  'models:/m/1',
  '2026-01-01T00:00:00Z',
  '9999-99-99T99:99:99Z',
  'ACTIVE_ONLY',
  'RUNNING',
  'READY',
  'eyJvZmZzZXQiOiAxfQ==',
  'eyJvZmZzZXQiOiAtMX0=',
  'e30=',
];
const NUMBERS = [0, -0, 1, -1, 2, 1.5, 1e-320, 1e308, -1e308, 2 ** 31, 2 ** 53, -(2 ** 53), 2 ** 63, 1e21, 999_999_999_999];

/** Any JSON. */
function anything(random: Random, depth = 0): unknown {
  const kind = random();
  if (kind < 0.35) return pick(random, TEXTS);
  if (kind < 0.6) return pick(random, NUMBERS);
  if (kind < 0.75 || depth > 3) return pick(random, [null, true, false]);
  const size = Math.floor(random() * 4);
  if (kind < 0.88) return Array.from({ length: size }, () => anything(random, depth + 1));
  return Object.fromEntries(Array.from({ length: size }, () => [pick(random, TEXTS), anything(random, depth + 1)]));
}

/** A value of a field: mostly one that it might have. */
function valueOf(random: Random, known: Known, name: string, depth: number): unknown {
  const values = known[name];
  const kind = random();
  if (values !== undefined && kind < 0.75) return pick(random, values);
  if (kind < 0.85 && depth < 3) return pick(random, [message(random, known, depth + 1), [message(random, known, depth + 1)]]);
  return anything(random);
}

function message(random: Random, known: Known, depth = 0): Readonly<Record<string, unknown>> {
  const names = Object.keys(known);
  const fields = Array.from({ length: 1 + Math.floor(random() * 7) }, () => pick(random, names));
  return Object.fromEntries(fields.map((name) => [name, valueOf(random, known, name, depth)]));
}

const NESTED = ['[', '{"a":', '{"metrics":[', '{"tags":[{"key":'];

/** A body that is what it should be but for its fields, or that is nothing. */
function body(random: Random, known: Known, always: Readonly<Record<string, unknown>>): string | Buffer | undefined {
  const kind = random();
  if (kind < 0.72) return JSON.stringify({ ...always, ...message(random, known) });
  if (kind < 0.8) return JSON.stringify(anything(random));
  if (kind < 0.83) return JSON.stringify(JSON.stringify(message(random, known)));
  if (kind < 0.86) return JSON.stringify(message(random, known)).slice(0, -1 - Math.floor(random() * 20));
  if (kind < 0.89) return Buffer.from(Array.from({ length: 1 + Math.floor(random() * 200) }, () => Math.floor(random() * 256)));
  if (kind < 0.92) return pick(random, NESTED).repeat(pick(random, [30, 1000, 30_000]));
  if (kind < 0.93)
    return JSON.stringify({ ...always, [pick(random, Object.keys(known))]: pick(random, ['x', '😀', '\0', '\\']).repeat(500_000) });
  if (kind < 0.95)
    return `{"value": ${pick(random, ['NaN', '-Infinity', '1e999', '01', '.5', '0x10', `1${'0'.repeat(5000)}`])}, "run_id": "x", "key": "k", "timestamp": 1}`;
  return pick(random, [
    '',
    ' ',
    '\uFEFF{}',
    'null',
    '{}',
    '[]',
    '""',
    '{"a":1}{"b":2}',
    '{"__proto__":{"x":1}}',
    '{"run_id":"a","run_id":"b"}',
  ]);
}

function query(random: Random, known: Known): string {
  if (random() < 0.3) return '';
  if (random() < 0.1)
    return pick(random, [
      '?',
      '?&&&',
      '?=',
      '?run_id',
      '?run_id=%zz',
      '?run_id=%ff',
      '?a=1&a=2',
      `?${'a=b&'.repeat(2000)}`,
      '?max_results=%00',
    ]);
  const parts = Object.entries(message(random, known)).flatMap(([name, value]) =>
    [value].flat().map((each) => `${encodeURIComponent(name.toWellFormed())}=${encodeURIComponent(String(each).toWellFormed())}`),
  );
  return `?${parts.join('&')}`.slice(0, 12_000);
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'QUERY', 'TRACE', 'PROPFIND'];
const TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'text/plain',
  'application/x-protobuf',
  'multipart/form-data',
  '',
  'x',
  'application/octet-stream',
];

/** A request to a route: mostly with its own method, mostly with fields that mean something. */
export function randomRequest(
  random: Random,
  { method, path }: Pick<Route, 'method' | 'path'>,
  { known, root }: { known: Known; root: string },
): RandomRequest {
  const param = (name: string): string => {
    const value = random() < 0.6 ? String(pick(random, known[name] ?? ['x'])) : pick(random, TEXTS);
    return random() < 0.9
      ? encodeURIComponent(value.toWellFormed())
      : pick(random, ['%', '%zz', '%2e%2e', '%ff', '..', '.', '%00', 'a%2fb', 'x'.repeat(3000)]);
  };
  const filled = path
    .replaceAll(/:(\w+)/g, (_, name: string) => param(name))
    .replace('*', () => Array.from({ length: 1 + Math.floor(random() * 3) }, () => param('*')).join('/'));
  const used = random() < 0.93 ? method : pick(random, METHODS);
  const always = Object.fromEntries(
    Object.entries(known).flatMap(([name, values]) => (random() < 0.3 ? [[name, pick(random, values)]] : [])),
  );
  const sent = used === 'GET' || used === 'HEAD' || used === 'OPTIONS' ? undefined : body(random, known, always);
  const type = random() < 0.92 ? 'application/json' : pick(random, TYPES);
  const experiment = String(pick(random, known['experiment_id'] ?? ['0']));
  const headers = { ...(type === '' ? {} : { 'content-type': type }), ...(random() < 0.5 ? { 'x-mlflow-experiment-id': experiment } : {}) };
  return { method: used, path: root + filled + query(random, known), headers, body: sent };
}
