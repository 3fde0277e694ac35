import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Command } from '../command.ts';
import { repositoryFolder } from '../home.ts';
import { runTool } from '../run-tool.ts';
import { openTestDatabase } from '../test-database.ts';

/** Below the folders of the parts a test lies in a folder named test; tests/ holds nothing else. */
const ALL_TESTS = ['{packages,services,apps}/*/test/**/*.test.ts', '{contracts,bench,compat}/**/test/**/*.test.ts', 'tests/**/*.test.ts'];

export const command: Command = {
  summary: 'Runs all tests, or the named files.',
  usage: 'test [file…] [flag of node --test…]',
  details: `  mlab test tests/cli/*.test.ts --test-name-pattern="port"

All tests share one PostgreSQL, which is started for them and removed at the end, unless MLAB_TEST_DATABASE_URL names one.`,
  options: {},
  passesArgumentsOn: true,
  async run({ positionals }) {
    const files = positionals.filter(isFile);
    const flags = positionals.filter((argument) => !isFile(argument));
    // Most tests wait for processes and sockets more than they compute: two at a time keep even two cores busy.
    const concurrency = `--test-concurrency=${Math.max(2, availableParallelism() - 1)}`;
    await using database = await openTestDatabase(process.env);
    const args = ['--test', concurrency, ...flags, ...(files.length > 0 ? files : ALL_TESTS)];
    const { code } = await runTool({ args, env: { ...process.env, ...database.env } });
    return code;
  },
};

const isFile = (argument: string): boolean =>
  !argument.startsWith('-') && (existsSync(join(repositoryFolder, argument)) || /[*?{]/.test(argument) || argument.endsWith('.ts'));
