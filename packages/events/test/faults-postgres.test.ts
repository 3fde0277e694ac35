import { postgres } from './buses.ts';
import { faultSuite } from './faults.ts';

faultSuite(postgres);
