/** The doors of this platform, all of them to the same processes. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Measure } from '../load/generator.ts';
import { urlOf } from '../load/server.ts';
import { labOf, MODEL, type Lab } from './lab.ts';
import { inferBody, rowsBody } from './models.ts';
import { inferred, type Running, type Target } from './targets.ts';
import { OURS } from './verdicts.ts';

interface Predicted {
  readonly predictions: readonly { readonly probabilities: Readonly<Record<string, number>> }[];
}

const predicted = (answer: unknown): readonly number[] => Object.values((answer as Predicted).predictions[0]?.probabilities ?? {});

const GRPC_LOAD = fileURLToPath(new URL('grpc/load.ts', import.meta.url));

/** By a program of its own, as all loads. */
async function byGrpc(address: string, row: string, connections: number, seconds: number): Promise<unknown> {
  const args = [GRPC_LOAD, address, MODEL, `${connections}`, `${seconds}`];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ROW: row } });
  return JSON.parse(stdout);
}

/** `profiles`: the folder for CPU profiles, where they are wanted. */
export function ourTargets(profiles: string | undefined): readonly Target[] {
  const door = (name: string, shape: string, open: (lab: Lab) => Running): Target => ({
    name,
    family: 'ours',
    shape,
    start: async (place, stack) => open(await labOf(place, stack, profiles)),
  });
  const infer = `/v2/models/${MODEL}/infer`;
  const predict = `/models/${MODEL}/predict`;
  const v2 = { body: inferBody, probabilities: inferred };
  const rows = { body: rowsBody, probabilities: predicted };
  const alone = ({ predictor }: Lab) => ({ predictor: predictor.pid });
  const both = ({ gateway, predictor }: Lab) => ({ gateway: gateway.pid, predictor: predictor.pid });
  return [
    door(OURS, '1 process, compiled, one thread', (lab) => ({ ...v2, url: urlOf(lab.predictor, 'predictor') + infer, pids: alone(lab) })),
    door('mlab, rows', '1 process, compiled, rows as objects', (lab) => ({
      ...rows,
      url: urlOf(lab.predictor, 'predictor') + predict,
      pids: alone(lab),
    })),
    door('mlab, V2 gRPC', 'the same process; its load is made by Node, which takes more of the machine than wrk', (lab) => ({
      url: lab.grpc,
      body: JSON.stringify,
      probabilities: (answer) => (answer as { readonly probabilities: readonly number[] }).probabilities,
      pids: alone(lab),
      ask: (address, row) => byGrpc(address, row, 1, 0),
      load: ({ url, body, connections, seconds }) => byGrpc(url, body, connections, seconds) as Promise<Measure>,
    })),
    door('mlab, gateway, V2 REST', '2 processes; each input is committed to PostgreSQL before its answer', (lab) => ({
      ...v2,
      url: urlOf(lab.gateway, 'gateway') + infer,
      pids: both(lab),
    })),
    door('mlab, gateway, rows', 'the same, rows as objects', (lab) => ({
      ...rows,
      url: urlOf(lab.gateway, 'gateway') + predict,
      pids: both(lab),
    })),
  ];
}
