/** This platform with the model registered: the Model API, the gateway, and what they need, each a process as the product starts it. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmbedded } from '@mlab/sql/embedded';
import { startServer, urlOf, type RunningServer } from '../load/server.ts';
import { freePort } from '../../tests/crash/free-port.ts';
import type { Place } from './targets.ts';

export interface Lab {
  readonly predictor: RunningServer;
  readonly gateway: RunningServer;
  /** Host and port of the Model API's gRPC. */
  readonly grpc: string;
}

const PLATFORM = fileURLToPath(new URL('../../apps/platform/main.ts', import.meta.url));
export const MODEL = 'bench';

const labs = new WeakMap<Place, Promise<Lab>>();

/** One for all doors of it: they are the same processes. */
export function labOf(place: Place, stack: AsyncDisposableStack, profiles: string | undefined): Promise<Lab> {
  const lab = labs.get(place) ?? startLab(place, stack, profiles);
  labs.set(place, lab);
  return lab;
}

async function startLab({ folder, served }: Place, stack: AsyncDisposableStack, profiles: string | undefined): Promise<Lab> {
  const { url } = stack.use(await startEmbedded({ folder: join(folder, 'postgres') }));
  const start = async (target: string, ports: Readonly<Record<string, number>> = {}): Promise<RunningServer> => {
    const open = Object.entries({ ...Object.fromEntries(target.split(',').map((name) => [name, 0])), ...ports });
    return stack.use(
      await startServer({
        name: target,
        command: [PLATFORM, `--target=${target}`, ...open.flatMap(([name, port]) => ['--port', `${name}=${port}`])],
        env: { DATABASE_URL: url, MLAB_HOME: folder, MLAB_LOG_FILE: join(folder, `${target}.log`) },
        nodeFlags:
          profiles === undefined
            ? []
            : ['--cpu-prof', '--cpu-prof-dir', profiles, '--cpu-prof-name', `${served.name}-${target}.cpuprofile`],
      }),
    );
  };
  const stores = await start('tracking,registry');
  await register(urlOf(stores, 'tracking'), urlOf(stores, 'registry'), served.bytes);
  const grpc = await freePort();
  const predictor = await start('predictor', { 'predictor/grpc': grpc });
  return { predictor, gateway: await start('gateway'), grpc: `127.0.0.1:${grpc}` };
}

async function register(tracking: string, registry: string, bytes: Uint8Array): Promise<void> {
  const { id: experimentId } = (await sendJson('PUT', `${tracking}/experiments`, { name: MODEL })) as { id: string };
  const run = randomBytes(16).toString('hex');
  const whole = { experimentId, name: MODEL, userId: '', status: 'FINISHED', startTime: 0, params: [], tags: [] };
  await sendJson('PUT', `${tracking}/runs/${run}`, whole);
  const source = `runs:/${run}/model`;
  const uri = encodeURIComponent(`${source}/model.onnx`);
  await send('PUT', `${tracking}/files/content?uri=${uri}`, Buffer.from(bytes), 'application/octet-stream');
  await sendJson('POST', `${registry}/models/${MODEL}/versions`, { source });
}

const sendJson = (method: string, url: string, value: object): Promise<unknown> =>
  send(method, url, JSON.stringify(value), 'application/json');

async function send(method: string, url: string, body: string | Uint8Array<ArrayBuffer>, type: string): Promise<unknown> {
  const answer = await fetch(url, { method, body, headers: { 'content-type': type } });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}
