import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registry } from '@mlab/contracts/registry';
import { tracking } from '@mlab/contracts/tracking';
import {
  createClient,
  Host,
  openHttpTransport,
  rootCall,
  type AnyService,
  type ClientOf,
  type Contract,
  type Facilities,
} from '@mlab/kernel';
import { openTestDatabase } from '@mlab/sql/testing';
import { openLog, plainTracer } from '@mlab/telemetry';
import { openFacilities } from '../../apps/platform/facilities.ts';
import { service as gateway } from '../../services/gateway/src/service.ts';
import { service as predictor } from '../../services/predictor/src/service.ts';
import { service as registryService } from '../../services/registry/src/service.ts';
import { service as trackingService } from '../../services/tracking/src/service.ts';

type Env = Readonly<Record<string, string>>;

const call = () => rootCall('test', 20_000);

/** Services in this process: each host on ports of its own, found through one database. */
export interface Hosting extends AsyncDisposable {
  readonly databaseUrl: string;
  /** Starts services that find all others. Answers where the first of them listens. */
  readonly start: (names: readonly (keyof typeof services)[], env?: Env) => Promise<string>;
}

const services = { gateway, predictor, registry: registryService, tracking: trackingService } as const;

export async function hostHere(): Promise<Hosting> {
  await using stack = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'mlab-system-'));
  stack.defer(() => rm(home, { recursive: true, force: true }));
  const { url: databaseUrl } = stack.use(await openTestDatabase());
  const { logger } = openLog({ level: 'silent' });
  const base = { MLAB_HOME: home, DATABASE_URL: databaseUrl };
  const all: readonly AnyService[] = Object.values(services);
  const facilities: Facilities = stack.use(await openFacilities({ env: base, services: all, logger, version: '0.0.0' }));
  // A demo model that always says the same, and inputs whose ids differ all the same.
  const random = (): number => 0.4 + Math.random() * 1e-6;
  const running = stack.move();
  return {
    databaseUrl,
    start: async (names, env = {}) => {
      const list = names.map((name) => services[name]);
      const ports = Object.fromEntries(names.map((name) => [name, 0]));
      const options = { services: list, ports, grpcPorts: ports, env: { ...base, ...env }, logger, version: '0.0.0', facilities, random };
      return running.use(await Host.start(options)).url(names[0] as string);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

export interface ServedModels extends Hosting {
  /** Registers a file as the next version of a model. */
  readonly register: (name: string, onnx: Uint8Array, beside?: Readonly<Record<string, string>>) => Promise<void>;
}

/** With a registry, and with who keeps the files of models. */
export async function serveModels(): Promise<ServedModels> {
  await using stack = new AsyncDisposableStack();
  const hosting = stack.use(await hostHere());
  const clientOf = async <C extends Contract>(contract: C & { readonly name: keyof typeof services }): Promise<ClientOf<C>> => {
    const transport = stack.use(openHttpTransport(contract, { base: new URL(await hosting.start([contract.name])) }));
    return createClient(contract as C, transport.call, 'test', plainTracer);
  };
  const toTracking = await clientOf(tracking);
  const toRegistry = await clientOf(registry);
  const { id: experimentId } = await toTracking.ensureExperiment({ name: 'served' }, call());
  const running = stack.move();
  return {
    ...hosting,
    register: async (name, onnx, beside = {}) => {
      const id = randomBytes(16).toString('hex');
      const run = { id, experimentId, name: 'run', userId: '', status: 'FINISHED' as const, startTime: 0, params: [], tags: [] };
      await toTracking.importRun(run, call());
      const files = { MLmodel: 'flavors:\n  onnx:\n    data: model.onnx\n', 'model.onnx': onnx, ...beside };
      for (const [path, content] of Object.entries(files))
        await toTracking.putFile({ uri: `runs:/${id}/model/${path}`, body: only(Buffer.from(content)) }, call());
      await toRegistry.registerVersion({ name, source: `runs:/${id}/model`, createModel: true, once: false, tags: {} }, call());
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}
