import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { styleText } from 'node:util';
import type { Command } from '../command.ts';
import { CliError } from '../cli-error.ts';
import { existingFolders } from '../existing-folders.ts';
import { repositoryFolder } from '../home.ts';
import { runTool } from '../run-tool.ts';

const ARCHITECTURE = 'tests/architecture.test.ts';

/** They say whether what is checked in is what they would write. */
const GENERATORS = ['packages/protos/generate.ts', 'packages/schema/generate.ts'];

interface Step {
  readonly name: string;
  readonly args: readonly string[];
}

export const command: Command = {
  summary:
    'Checks format, lint, types, dead code, generated code and architecture; says everything about what fails, one line about the rest.',
  usage: 'check',
  options: {},
  async run() {
    let failed = 0;
    for (const step of steps()) {
      const start = performance.now();
      const { code, output } = await runTool({ args: step.args, quiet: true });
      const seconds = `${((performance.now() - start) / 1000).toFixed(1)} s`;
      const mark = code === 0 ? styleText('green', 'ok    ') : styleText('red', 'failed');
      process.stdout.write(`${mark} ${step.name.padEnd(14)}${seconds.padStart(7)}\n`);
      if (code === 0) continue;
      failed += 1;
      process.stdout.write(`${output.trimEnd()}\n\n`);
    }
    return failed === 0 ? 0 : 1;
  },
};

function steps(): Step[] {
  return [
    { name: 'format', args: [program('oxfmt', 'oxfmt'), '--check', '.'] },
    { name: 'lint', args: [program('oxlint', 'oxlint'), '--type-aware', '--deny-warnings', ...existingFolders()] },
    { name: 'types', args: [program('typescript', 'tsc'), '-p', '.'] },
    { name: 'dead code', args: [program('knip', 'knip'), '--no-progress'] },
    ...GENERATORS.filter(isThere).map((file) => ({ name: basename(dirname(file)), args: [file, '--check'] })),
    ...(isThere(ARCHITECTURE) ? [{ name: 'architecture', args: ['--test', '--test-reporter=spec', ARCHITECTURE] }] : []),
  ];
}

const isThere = (file: string): boolean => existsSync(join(repositoryFolder, file));

/** The program file of a package, so that this Node runs it, on every system alike. */
function program(packageName: string, name: string): string {
  const folder = join(repositoryFolder, 'node_modules', packageName);
  const description: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const bin: unknown = typeof description === 'object' && description !== null && 'bin' in description ? description.bin : undefined;
  const file: unknown = typeof bin === 'object' && bin !== null ? Object.entries(bin).find(([key]) => key === name)?.[1] : bin;
  if (typeof file !== 'string') throw new CliError(`The package ${packageName} has no program ${name}; npm ci installs it anew.`);
  return join(folder, file);
}
