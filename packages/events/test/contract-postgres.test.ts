import { describe } from 'node:test';
import { postgres } from './buses.ts';
import { contractSuite } from './contract.ts';

describe('postgres', { concurrency: 4 }, () => contractSuite(postgres));
