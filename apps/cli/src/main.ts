import { takeBootstrapWishes } from './bootstrap-wishes.ts';
import { reportDefect } from './report-defect.ts';
import { runCommandLine } from './run-command-line.ts';

takeBootstrapWishes();
// What nobody awaited has failed, so nothing is sure any more: the processes notice that the supervisor is gone, and end in order.
process.on('uncaughtException', (error) => {
  process.stderr.write(`${reportDefect(error)}\n`);
  process.exit(1);
});
process.exitCode = await runCommandLine(process.argv.slice(2));
