import { postgres } from './buses.ts';
import { contractSuite } from './contract.ts';

contractSuite(postgres);
