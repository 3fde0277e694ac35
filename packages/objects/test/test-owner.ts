import { randomUUID } from 'node:crypto';
import type { Owner } from '@mlab/kernel';
import { openLog, openTelemetry } from '@mlab/telemetry';

/** A service of its own for each test, so that none sees another's objects. */
export async function openTestOwner(name = `service-${randomUUID()}`): Promise<Owner> {
  const { logger } = openLog({ level: 'silent' });
  return {
    name,
    telemetry: await openTelemetry({ service: name, version: '0.0.0', logger, env: {} }),
    clock: {
      now: () => new Date(),
      monotonic: () => performance.now(),
      schedule: (ms, task) => {
        const timer = setTimeout(task, ms);
        return () => clearTimeout(timer);
      },
    },
    random: Math.random,
  };
}
