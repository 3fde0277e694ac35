import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import type { Finding } from './finding.ts';

const DEFAULT_URL = 'nats://127.0.0.1:4222';
const ANSWERS_WITHIN_MS = 3_000;

/** Nothing to look at unless events go through NATS. */
export async function examineBus(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  if (env['MLAB_EVENTS_BUS'] !== 'nats') return [];
  const about = 'events';
  const urls = (env['NATS_URL'] || DEFAULT_URL).split(',').map((url) => url.trim());
  for (const url of urls) {
    const place = placeOf(url);
    if (place === undefined)
      return [{ level: 'problem', about, says: `NATS_URL has "${url}", which is not a URL such as ${DEFAULT_URL}.` }];
    if (await answers(place)) return [{ level: 'ok', about, says: `NATS answers at ${place.hostname}:${place.port}` }];
  }
  const program = (env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'nats-server'))
    .find(existsSync);
  const start = program === undefined ? 'install nats-server and start it with -js' : `start it (${program} -js)`;
  return [
    {
      level: 'problem',
      about,
      says: `No NATS answers at ${urls.join(', ')}; ${start}, or unset MLAB_EVENTS_BUS and PostgreSQL carries the events.`,
    },
  ];
}

interface Place {
  readonly hostname: string;
  readonly port: number;
}

function placeOf(url: string): Place | undefined {
  const text = url.includes('://') ? url : `nats://${url}`;
  if (!URL.canParse(text)) return undefined;
  const { hostname, port } = new URL(text);
  return { hostname: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 4222) };
}

async function answers({ hostname: host, port }: Place): Promise<boolean> {
  const socket = connect({ host, port, signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
