import { describe } from 'node:test';
import { postgres } from './buses.ts';
import { faultSuite } from './faults.ts';

describe('postgres', { concurrency: 4 }, () => faultSuite(postgres));
