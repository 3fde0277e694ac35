/** The Python servers. Their packages are pinned, and kept below MLAB_HOME between runs. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPythonEnvironment, type PythonEnvironment } from '../../compat/python-environment.ts';
import { freePort } from '../../tests/crash/free-port.ts';
import { inferBody } from './models.ts';
import { startForeign, type ForeignServer } from './processes.ts';
import { inferred, type Running, type Target } from './targets.ts';

const here = join(import.meta.dirname, 'python');

/** Libraries for numbers would start threads of their own, which only wait for each other here. */
const ONE_THREAD = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };

const environment = (name: 'fastapi' | 'mlserver' | 'ray'): PythonEnvironment =>
  openPythonEnvironment({ name: `serving-${name}`, files: [join(here, `${name}.txt`)] });

const running = (url: string, server: ForeignServer): Running => ({
  url,
  body: inferBody,
  probabilities: inferred,
  pids: Object.fromEntries(server.pids().map((pid) => [`process ${pid}`, pid])),
  pause: server.pause,
  resume: server.resume,
});

/** uvicorn on uvloop and httptools, without its access log. */
function fastapi(name: string, shape: string, { workers = 1, env = {} }: { workers?: number; env?: Record<string, string> } = {}): Target {
  return {
    name: `FastAPI, ${name}`,
    family: 'fastapi',
    shape,
    start: async ({ path, folder }, stack) => {
      const port = await freePort();
      const { python } = environment('fastapi');
      const quick = ['--loop', 'uvloop', '--http', 'httptools', '--no-access-log', '--log-level', 'warning', '--no-server-header'];
      const place = ['--host', '127.0.0.1', '--port', `${port}`, '--workers', `${workers}`, '--app-dir', here];
      const server = await startForeign({
        name,
        command: [python, '-m', 'uvicorn', 'fastapi_server:app', ...place, ...quick],
        folder,
        env: { ...ONE_THREAD, PYTHONDONTWRITEBYTECODE: '1', MODEL: path, ...env },
        readyUrl: `http://127.0.0.1:${port}/ready`,
      });
      stack.use(server);
      return running(`http://127.0.0.1:${port}/v2/models/model/infer`, server);
    },
  };
}

function mlServer(name: string, shape: string, workers: number): Target {
  return {
    name: `MLServer, ${name}`,
    family: 'mlserver',
    shape,
    start: async ({ path, folder }, stack) => {
      const mlserver = environment('mlserver').program('mlserver');
      const [http, grpc, metrics] = [await freePort(), await freePort(), await freePort()];
      const repository = join(folder, `mlserver-${workers}`);
      mkdirSync(repository);
      const settings = { host: '127.0.0.1', http_port: http, grpc_port: grpc, metrics_port: metrics };
      const quick = { debug: false, parallel_workers: workers, gzip_enabled: false, metrics_endpoint: null, use_structured_logging: false };
      const model = { name: 'model', implementation: 'mlserver_onnx.OnnxModel', parameters: { uri: path, version: '1' } };
      writeFileSync(join(repository, 'settings.json'), JSON.stringify({ ...settings, ...quick }));
      writeFileSync(join(repository, 'model-settings.json'), JSON.stringify(model));
      const server = await startForeign({
        name,
        command: [mlserver, 'start', repository],
        folder,
        env: { ...ONE_THREAD, PYTHONDONTWRITEBYTECODE: '1', PYTHONPATH: here },
        readyUrl: `http://127.0.0.1:${http}/v2/models/model/ready`,
      });
      stack.use(server);
      return running(`http://127.0.0.1:${http}/v2/models/model/infer`, server);
    },
  };
}

function ray(name: string, shape: string, replicas: number): Target {
  return {
    name: `Ray Serve, ${name}`,
    family: 'ray',
    shape,
    start: async ({ path, folder }, stack) => {
      const { python } = environment('ray');
      const port = await freePort();
      // Its sockets have the folder in their names, which may not be long.
      const short = tmpdir().length > 30 ? '/tmp' : tmpdir();
      const server = await startForeign({
        name,
        command: [python, join(here, 'ray_server.py')],
        folder,
        env: {
          ...ONE_THREAD,
          RAY_FOLDER: mkdtempSync(join(short, 'ray-')),
          RAY_USAGE_STATS_ENABLED: '0',
          // What its documentation says for throughput.
          RAY_SERVE_THROUGHPUT_OPTIMIZED: '1',
          PYTHONDONTWRITEBYTECODE: '1',
          MODEL: path,
          PORT: `${port}`,
          REPLICAS: `${replicas}`,
        },
        readyUrl: `http://127.0.0.1:${port}/`,
      });
      stack.use(server);
      return running(`http://127.0.0.1:${port}/`, server);
    },
  };
}

export const pythonTargets: readonly Target[] = [
  fastapi('1 worker', '1 process, ONNX Runtime on the event loop'),
  fastapi('2 workers', '2 processes, ONNX Runtime on the event loop of each', { workers: 2 }),
  fastapi('threads', '1 process, ONNX Runtime in a pool of threads', { env: { THREADS: '1' } }),
  fastapi('Pydantic', '1 process, validated by Pydantic as is usual', { env: { PYDANTIC: '1' } }),
  mlServer('in process', 'parallel_workers 0', 0),
  mlServer('2 workers', 'parallel_workers 2', 2),
  ray('1 replica', 'a proxy, 1 replica and what Ray needs', 1),
  ray('2 replicas', 'a proxy, 2 replicas and what Ray needs', 2),
];
