import { describe } from 'node:test';
import { natsIfPresent } from './buses.ts';
import { faultSuite } from './faults.ts';

const nats = natsIfPresent;
if (nats !== undefined) describe('nats', { concurrency: 4 }, () => faultSuite(nats));
