import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { play, type Answer, type Entry, type Service } from '../../tests/system/lab-contract/cases.ts';
import { sendRaw } from '../../tests/system/lab-contract/raw-http.ts';
import { requests } from './requests.ts';

const here = import.meta.dirname;
const target = new URL('../../tests/system/lab-contract/', import.meta.url);

const urls: Record<Service, string> = { a: await freeUrl(), b: await freeUrl(), 'a-without-b': await freeUrl() };
const servers = [
  startOriginal('original_service_b', urls.b),
  startOriginal('original_service_a', urls.a, `${urls.b}/predict`),
  startOriginal('original_service_a', urls['a-without-b'], `${await freeUrl()}/predict`),
];
try {
  await Promise.all(Object.values(urls).map(untilHealthy));
  const entries: Entry[] = [];
  for (const request of requests) {
    const recorded = await play(request, urls[request.service]);
    entries.push({ ...request, recorded });
  }
  const complaints = entries.flatMap(complaint);
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
  writeFileSync(new URL('recorded.json', target), `[\n${entries.map(toJson).join(',\n')}\n]\n`);
  for (const service of ['a', 'b'] as const) await recordDescription(service);
  console.log(`recorded ${entries.length} answers`);
} finally {
  for (const server of servers) server.kill();
}

async function freeUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

function startOriginal(module: string, url: string, serviceB = '') {
  const args = ['-m', 'uvicorn', `${module}:app`, '--host', '127.0.0.1', '--port', new URL(url).port, '--log-level', 'critical'];
  return spawn(`${here}/.venv/bin/python`, args, { cwd: here, stdio: 'inherit', env: { ...process.env, SERVICE_B_URL: serviceB } });
}

async function untilHealthy(url: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer?.ok) return;
    await wait(50);
  }
  throw new Error(`${url} did not become healthy`);
}

/** Where the original fails, somebody has to decide what is right; and what was decided must still be a difference. */
function complaint({ name, recorded, ours }: Entry): string[] {
  if (recorded.status === 500 && ours === undefined) return [`The original answers 500 to "${name}": say what ours is.`];
  if (ours !== undefined && isSame(recorded, ours)) return [`"${name}" has an answer of its own that is the original's.`];
  return [];
}

function isSame(recorded: Answer, ours: Answer): boolean {
  return recorded.status === ours.status && (ours.body === undefined || toJson(recorded.body) === toJson(ours.body));
}

async function recordDescription(service: 'a' | 'b'): Promise<void> {
  const response = await sendRaw(urls[service], { method: 'GET', path: '/openapi.json', headers: [], body: undefined });
  const description: unknown = JSON.parse(response.body.toString('utf8'));
  writeFileSync(new URL(`openapi-${service}.json`, target), `${JSON.stringify(description, null, 2)}\n`);
}

/** Floats stay floats and long integers keep their digits. */
function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === 'bigint') return JSON.rawJSON(item.toString());
    if (Object.is(item, -0)) return JSON.rawJSON('-0.0');
    return Number.isInteger(item) && !Number.isSafeInteger(item) ? JSON.rawJSON((item as number).toExponential()) : item;
  });
}
