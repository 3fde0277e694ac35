// Stands in for apps/platform/main.ts: keeps its promises to the supervisor, and misbehaves on request.
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { target: { type: 'string', default: '' }, port: { type: 'string', multiple: true }, peer: { type: 'string', multiple: true } },
});
const names = values.target.split(',');
const ports = new Map((values.port ?? []).map((pair): [string, number] => [pair.split('=')[0] ?? '', Number(pair.split('=')[1])]));
const servers: Server[] = [];

function log(msg: string, extra: object = {}): void {
  const line = `${JSON.stringify({ level: 'info', time: new Date().toISOString(), service: names[0], ...extra, msg })}\n`;
  if (process.env['MLAB_LOG_FILE']) appendFileSync(process.env['MLAB_LOG_FILE'], line);
  else process.stdout.write(line);
}

/** STUB_<WHAT>=<service> makes the process of that service misbehave. */
const misbehaves = (what: string): boolean => names.includes(process.env[`STUB_${what}`] ?? '');

/** While the file that STUB_FAIL_WHILE names is there; what stands in it is the service that fails, all when nothing does. */
function failsNow(): boolean {
  const file = process.env['STUB_FAIL_WHILE'] ?? '';
  return existsSync(file) && names.some((name) => name.startsWith(readFileSync(file, 'utf8')));
}

/** Once, for the service that stands in the file that STUB_FAIL_ONCE names. */
function failsOnce(): boolean {
  const file = process.env['STUB_FAIL_ONCE'] ?? '';
  const fails = existsSync(file) && names.includes(readFileSync(file, 'utf8'));
  if (fails) rmSync(file);
  return fails;
}

/** Until the neighbours that it was told of are there. */
async function findNeighbours(): Promise<void> {
  for (const [, url = ''] of (values.peer ?? []).map((pair) => pair.split('=')))
    while (
      !(await fetch(url).then(
        () => true,
        () => false,
      ))
    )
      await delay(20);
}

async function end(why: string): Promise<void> {
  log(`drains: ${why}`);
  if (misbehaves('NEVER_ENDS')) return;
  if (misbehaves('DRAINS_LONG')) await delay(700);
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  if (process.connected) process.disconnect();
  log('has ended');
  process.exit(0);
}

async function start(): Promise<void> {
  if (misbehaves('FAIL') || failsNow() || failsOnce()) {
    const reason = 'the configuration "demo" is not valid.';
    process.stderr.write(`${reason}\n`);
    process.send?.({ type: 'failed', reason });
    process.exitCode = 1;
    if (!misbehaves('LINGER')) process.disconnect();
    return;
  }
  if (misbehaves('HANG')) {
    setInterval(() => undefined, 1000);
    return;
  }
  if (misbehaves('FINDS')) await findNeighbours();
  for (const name of names) {
    const server = createServer((request, response) => {
      log('request', { url: request.url });
      if (request.url === '/crash') process.kill(process.pid, 'SIGKILL');
      if (request.url === '/throw')
        setImmediate(() => {
          throw new Error('thrown on request');
        });
      if (request.url?.startsWith('/log/')) for (let n = 0; n < Number(request.url.slice(5)); n++) log(`line ${n}`);
      const { DATABASE_URL: databaseUrl, MLAB_LISTEN: listen, STUB_SETTING: setting } = process.env;
      response.end(JSON.stringify({ name, pid: process.pid, args: process.argv.slice(2), databaseUrl, listen, setting }));
    });
    server.listen(ports.get(name), '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
  }
  log('serves');
  const urls = servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  process.send?.({ type: 'ready', services: names.map((name, index) => ({ name, url: urls[index] })) });
}

process.on('SIGTERM', () => void end('SIGTERM'));
process.on('SIGINT', () => void end('SIGINT'));
process.on('disconnect', () => void end('the supervisor is gone'));
await start();
