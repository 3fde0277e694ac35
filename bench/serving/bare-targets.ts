/** The limit: `node:http` with the model behind it, and nothing else. */
import { fileURLToPath } from 'node:url';
import { startServer, urlOf } from '../load/server.ts';
import { inferBody } from './models.ts';
import { inferred, type Target } from './targets.ts';

const PROGRAM = fileURLToPath(new URL('bare/infer.ts', import.meta.url));

const bare = (name: string, shape: string, backend: string): Target => ({
  name,
  family: 'bare',
  shape,
  start: async ({ path }, stack) => {
    const server = stack.use(await startServer({ name, command: [PROGRAM], env: { MODEL: path, BACKEND: backend } }));
    return { url: urlOf(server, 'infer'), body: inferBody, probabilities: inferred, pids: { server: server.pid } };
  },
});

export const BARE = 'bare node:http, compiled';

export const bareTargets: readonly Target[] = [
  bare(BARE, '1 process, the same compiled model', 'compiled'),
  bare('bare node:http, ONNX Runtime', '1 process, ONNX Runtime asked from the event loop', 'onnxruntime'),
];
