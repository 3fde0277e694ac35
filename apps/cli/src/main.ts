import { takeBootstrapWishes } from './bootstrap-wishes.ts';
import { runCommandLine } from './run-command-line.ts';

takeBootstrapWishes();
process.exitCode = await runCommandLine(process.argv.slice(2));
