// One process of the crash test: hosts the ledger or the audit; the ledger's process also makes entries as fast as it can.
import { flushCompileCache } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { Host } from '@mlab/kernel';
import { openLog } from '@mlab/telemetry';
import { openFacilities } from '../../apps/platform/facilities.ts';
import { ACCOUNTS, ledgerService } from './ledger.ts';
import { auditService } from './audit.ts';

const CONCURRENCY = 4;

const which = process.argv[2];
const services = [which === 'ledger' ? ledgerService : auditService];
using log = openLog({ level: 'warn' });
const stopped = new Promise<void>((resolve) => {
  process.on('SIGTERM', () => resolve());
  process.on('disconnect', () => resolve());
});
await using facilities = await openFacilities({ env: process.env, services, logger: log.logger, version: '0.0.0' });
await using host = await Host.start({
  services,
  ports: { ledger: 0, audit: 0 },
  env: process.env,
  logger: log.logger,
  version: '0.0.0',
  facilities,
});
process.send?.('ready');
// Who is killed writes nothing at its end: what it has compiled is for the one that comes after it.
flushCompileCache();
const state = { going: true };
const makers = which === 'ledger' && process.argv[3] !== 'quiet' ? Array.from({ length: CONCURRENCY }, makeEntries) : [];
await stopped;
state.going = false;
await Promise.all(makers);

/** An entry that could not be made is not made: whoever counts looks into the database. */
async function makeEntries(): Promise<void> {
  while (state.going) {
    const account = Math.floor(Math.random() * ACCOUNTS);
    const made = await fetch(`${host.url('ledger')}/entries`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ account }),
    }).then(
      (answer) => answer.ok,
      () => false,
    );
    await delay(made ? 5 : 100);
  }
}
