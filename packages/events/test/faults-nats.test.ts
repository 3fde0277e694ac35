import { natsIfPresent } from './buses.ts';
import { faultSuite } from './faults.ts';

if (natsIfPresent !== undefined) faultSuite(natsIfPresent);
