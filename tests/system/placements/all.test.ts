import { testTogether } from '../../together.ts';
import { keepLabs } from '../shared-labs.ts';

await keepLabs(() => testTogether(import.meta.dirname));
