import type { CallMeta } from '#/call.ts';
import { plainTracer } from '@mlab/telemetry';

/** The beginning of a chain of calls, for programs that are not themselves being called: a command line, a test, a timer. */
export function rootCall(caller: string, timeoutMs = 5000, signal: AbortSignal = NEVER): CallMeta {
  return { caller, trace: plainTracer.start('', 'client', undefined), deadline: performance.now() + timeoutMs, signal };
}

const NEVER = new AbortController().signal;
