import { setTimeout as wait } from 'node:timers/promises';
import { Health, HealthCheckResponse_ServingStatus as Serving } from '@mlab/protos/health';
import type { Contract } from '#/contract.ts';
import { AppError } from '#/errors.ts';
import { doorOf, type GrpcDoor } from '#/grpc/doors.ts';
import { implement } from '#/grpc/implementation.ts';
import type { Check } from '#/service.ts';

const LOOK_MS = 500;
const DECLARATION = { timeoutMs: 5000, maxMessageBytes: 4096 };
/** A watch lasts as long as its watcher wants. */
const WATCH = { ...DECLARATION, timeoutMs: 2_147_483_000 };

/**
 * What `/ready` says, for those who ask in gRPC's way: of each service that is declared, and of all by no name.
 * https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
export function healthDoors(contract: Contract, checks: () => readonly Check[], draining: AbortSignal): readonly GrpcDoor[] {
  const known = new Set(['', ...Object.keys(contract.grpc?.services ?? {})]);
  const state = (): Serving =>
    !draining.aborted && checks().every(({ ok, required }) => ok || !required) ? Serving.SERVING : Serving.NOT_SERVING;
  const implementation = implement(Health, {
    check: ({ service }) => {
      if (!known.has(service)) throw new AppError('not_found', `${contract.name} has no such service.`);
      return { status: state() };
    },
    async *watch({ service }, { signal }) {
      let told: Serving | undefined;
      while (!signal.aborted) {
        const now = known.has(service) ? state() : Serving.SERVICE_UNKNOWN;
        if (now !== told) yield { status: now };
        told = now;
        if (draining.aborted) return;
        await wait(LOOK_MS, undefined, { signal: AbortSignal.any([signal, draining]) }).catch(() => {});
      }
    },
  });
  return Health.methods.map((method) =>
    doorOf({
      contract,
      method,
      declaration: method.name === 'Watch' ? WATCH : DECLARATION,
      implementation,
      messageLimitBytes: 4096,
      open: true,
    }),
  );
}
