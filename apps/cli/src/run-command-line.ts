import { parseArgs } from 'node:util';
import type { Command } from './command.ts';
import { CliError, messageOf, usageError } from './cli-error.ts';
import { commandHelp } from './command-help.ts';
import { commands, innerCommands } from './commands.ts';
import { reportDefect } from './report-defect.ts';

/** Runs what the command line says and answers with the exit code; whoever errs is told in sentences, here and nowhere else. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  try {
    return await dispatch(args);
  } catch (error) {
    const known = error instanceof CliError;
    process.stderr.write(`${known ? error.message : reportDefect(error)}\n`);
    return known ? error.exitCode : 1;
  }
}

async function dispatch(args: readonly string[]): Promise<number> {
  const [first = 'help', ...rest] = args;
  const name = NAMES_OF_FLAGS[first] ?? first;
  const load = new Map(Object.entries({ ...commands, ...innerCommands })).get(name);
  if (!load) throw usageError(`mlab has no command "${first}"; mlab help lists those that it has.`);
  const { command } = await load();
  if (command.passesArgumentsOn ? isHelp(rest[0]) : rest.some(isHelp)) {
    process.stdout.write(commandHelp(command));
    return 0;
  }
  return command.run(command.passesArgumentsOn ? { positionals: rest, flags: {} } : parse(name, command, rest));
}

const NAMES_OF_FLAGS: Readonly<Record<string, string>> = { '--help': 'help', '-h': 'help', '--version': 'version', '-v': 'version' };

const isHelp = (arg: string | undefined): boolean => arg === '--help' || arg === '-h';

function parse(name: string, command: Command, args: readonly string[]): Parameters<Command['run']>[0] {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: command.options, allowPositionals: true });
    return { positionals, flags: values as Record<string, string | boolean | undefined> };
  } catch (error) {
    const reason = messageOf(error).split('. ')[0] ?? '';
    throw usageError(`${reason.replace(/\.$/, '')}; mlab ${name} --help shows what it takes.`, { cause: error });
  }
}
