import { testTogether } from '../../../tests/together.ts';

await testTogether(import.meta.dirname);
