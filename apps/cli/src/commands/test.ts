import { existsSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { homeOf, repositoryFolder } from '../home.ts';
import { runTool } from '../run-tool.ts';
import { openTestDatabase } from '../test-database.ts';

/** Below the folders of the parts a test lies in a folder named test; tests/ holds nothing else. */
const ALL_TESTS: readonly string[] = [
  '{packages,services,apps}/*/test/**/*.test.ts',
  '{contracts,bench,compat}/**/test/**/*.test.ts',
  'tests/**/*.test.ts',
];

/** In a folder that has it, it runs all others in one process. */
const TOGETHER = 'all.test.ts';

/** Loaded before them. */
const BEFORE = 'tests/running-test.ts';

/** Processes that are killed over and over: shortened among all tests, at full length on their own. */
const CRASH = '--crash';
const CRASH_TESTS = ['tests/crash/*.test.ts'];
const CRASH_ROUNDS = '1000';

/** The clients of other systems against our services. */
const COMPAT = '--compat';
const COMPAT_PROGRAM = 'compat/mlflow/main.ts';

/** Clients of Triton and KServe against the Model API. */
const INFERENCE_PROGRAM = 'compat/inference/main.ts';

/** Training's executor against a real Ray. */
const RAY_PROGRAM = 'compat/ray/main.ts';

/** What the documents of our services allow, and what they do not. */
const FUZZ = '--fuzz';
const FUZZ_PROGRAM = 'compat/openapi/fuzz.ts';

export const command: Command = {
  summary: 'Runs all tests, or the named files.',
  usage: 'test [--crash | --compat | --fuzz] [file…] [flag of node --test…]',
  details: `  mlab test tests/cli/*.test.ts --test-name-pattern="port"

  --crash   The crash tests alone, with as many rounds as MLAB_CRASH_ROUNDS says (1000).
  --compat  MLflow's own client against our services, in releases of this year and the last, and the clients of Triton and KServe against the
            Model API; needs Python, and says so where there is none.
            --against mlflow asks MLflow's own server instead, --release 3.17.2 one release, --only a selection as pytest -k takes it.
  --fuzz    Requests by chance after the OpenAPI documents, by schemathesis; needs Python too. Takes the seconds for each service, and a seed.

All tests share one PostgreSQL, which is started for them and removed at the end, unless MLAB_TEST_DATABASE_URL names one.`,
  options: {},
  passesArgumentsOn: true,
  async run({ positionals }) {
    for (const [option, programs] of [
      [COMPAT, [COMPAT_PROGRAM, INFERENCE_PROGRAM, RAY_PROGRAM]],
      [FUZZ, [FUZZ_PROGRAM]],
    ] as const) {
      if (!positionals.includes(option)) continue;
      const rest = positionals.filter((argument) => argument !== option);
      let worst = 0;
      // What is chosen is chosen among the tests of MLflow's client.
      for (const program of rest.length === 0 ? programs : programs.slice(0, 1)) {
        const { code } = await runTool({ args: [program, ...rest] });
        worst ||= code;
      }
      return worst;
    }
    const crash = positionals.includes(CRASH);
    const named = positionals.filter(isFile);
    const flags = positionals.filter((argument) => !isFile(argument) && argument !== CRASH);
    const files = await filesOf(named.length > 0 ? named : crash ? CRASH_TESTS : ALL_TESTS);
    // Most tests wait for processes and sockets more than they compute: one more than there are cores keeps them busy.
    const concurrency = `--test-concurrency=${availableParallelism() + 1}`;
    await using database = await openTestDatabase(process.env);
    const rounds = crash ? { MLAB_CRASH_ROUNDS: process.env['MLAB_CRASH_ROUNDS'] || CRASH_ROUNDS } : {};
    const { code } = await runTool({
      args: ['--import', pathToFileURL(join(repositoryFolder, BEFORE)).href, '--test', concurrency, ...flags, ...files],
      // Each file is a process, and many start more: what one has compiled, the others need not.
      env: { NODE_COMPILE_CACHE: homeOf(process.env).compiled, ...process.env, ...database.env, ...rounds },
    });
    return code;
  },
};

/** What the patterns find, each test once. */
async function filesOf(patterns: readonly string[]): Promise<readonly string[]> {
  const isInstalled = (path: string): boolean => path.includes('node_modules');
  const found = await Array.fromAsync(glob([...patterns], { cwd: repositoryFolder, exclude: isInstalled }));
  const together = new Set(found.filter((file) => basename(file) === TOGETHER).map((file) => dirname(file)));
  const files = found.filter((file) => basename(file) === TOGETHER || !together.has(dirname(file)));
  if (files.length === 0) throw new CliError(`No test is called ${patterns.join(' or ')}.`);
  return files;
}

const isFile = (argument: string): boolean =>
  !argument.startsWith('-') && (existsSync(join(repositoryFolder, argument)) || /[*?{]/.test(argument) || argument.endsWith('.ts'));
