import { Host, systemClock } from '@mlab/kernel';
import { openLog } from '@mlab/telemetry';
import { openFacilities } from '../../../apps/platform/facilities.ts';
import { service } from '#/service.ts';

/** The service in a process of its own, so that it can be killed. It says where it is, and ends with the process that has started it. */
const { logger } = openLog({ level: 'silent' });
const { env } = process;
/** How much later it is than it is. */
const ahead = Number(env['TEST_AHEAD_MS'] ?? 0);
const clock = { ...systemClock, now: () => new Date(Date.now() + ahead) };
const facilities = await openFacilities({ env, services: [service], logger, version: '0.0.0' });
const host = await Host.start({ services: [service], ports: { tracking: 0 }, env, facilities, logger, version: '0.0.0', clock });
process.once('disconnect', () => process.exit(0));
process.send?.(host.url('tracking'));
