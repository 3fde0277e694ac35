// Stands in for apps/platform/main.ts: keeps its promises to the supervisor, and misbehaves on request.
import { appendFileSync, existsSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
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

async function end(why: string): Promise<void> {
  log(`drains: ${why}`);
  if (misbehaves('NEVER_ENDS')) return;
  if (misbehaves('DRAINS_LONG')) await delay(700);
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  process.disconnect?.();
  log('has ended');
  process.exit(0);
}

async function start(): Promise<void> {
  if (misbehaves('FAIL') || existsSync(process.env['STUB_FAIL_WHILE'] ?? '')) {
    const reason = 'the configuration "demo" is not valid.';
    process.stderr.write(`${reason}\n`);
    process.send?.({ type: 'failed', reason });
    process.exitCode = 1;
    if (!misbehaves('LINGER')) process.disconnect?.();
    return;
  }
  if (misbehaves('HANG')) {
    setInterval(() => undefined, 1000);
    return;
  }
  for (const name of names) {
    const server = createServer((request, response) => {
      log('request', { url: request.url });
      if (request.url === '/crash') process.kill(process.pid, 'SIGKILL');
      if (request.url === '/throw')
        setImmediate(() => {
          throw new Error('thrown on request');
        });
      if (request.url?.startsWith('/log/')) for (let n = 0; n < Number(request.url.slice(5)); n++) log(`line ${n}`);
      response.end(JSON.stringify({ name, pid: process.pid, args: process.argv.slice(2) }));
    });
    server.listen(ports.get(name), '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
  }
  log('serves');
  process.send?.({ type: 'ready', services: names.map((name) => ({ name, url: `http://127.0.0.1:${ports.get(name)}` })) });
}

process.on('SIGTERM', () => void end('SIGTERM'));
process.on('SIGINT', () => void end('SIGINT'));
process.on('disconnect', () => void end('the supervisor is gone'));
await start();
