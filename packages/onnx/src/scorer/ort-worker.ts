import { parentPort, workerData } from 'node:worker_threads';
import { openSession } from '#/scorer/ort-session.ts';
import type { WorkerSettings } from '#/scorer/ort-types.ts';

/* Runs in a thread of its own, because ONNX Runtime blocks the event loop on which it is asked. */

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
const ask = await openSession(workerData as WorkerSettings, (answer) => parentPort?.postMessage(answer));
parentPort?.on('message', ask);
