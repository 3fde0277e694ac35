import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../command.ts';
import { usageError } from '../cli-error.ts';
import { repositoryFolder } from '../home.ts';
import { runTool } from '../run-tool.ts';

export const command: Command = {
  summary: 'Runs a benchmark; without a name it lists them.',
  usage: 'bench [name] [flag…]',
  options: {},
  passesArgumentsOn: true,
  async run({ positionals: [name, ...args] }) {
    const names = benchmarks();
    if (name === undefined) {
      process.stdout.write(names.length > 0 ? `${names.map((one) => `mlab bench ${one}`).join('\n')}\n` : 'There are no benchmarks yet.\n');
      return 0;
    }
    if (!names.includes(name))
      throw usageError(`There is no benchmark "${name}"; there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ') || 'none yet'}.`);
    const { code } = await runTool({ args: [join('bench', name, 'main.ts'), ...args] });
    return code;
  },
};

function benchmarks(): string[] {
  const folder = join(repositoryFolder, 'bench');
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => existsSync(join(folder, name, 'main.ts')));
}
