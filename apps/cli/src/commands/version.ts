import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../command.ts';
import { repositoryFolder } from '../home.ts';

export const command: Command = {
  summary: 'Shows the version.',
  usage: 'version',
  options: {},
  async run() {
    const description: unknown = JSON.parse(readFileSync(join(repositoryFolder, 'package.json'), 'utf8'));
    const version =
      typeof description === 'object' && description !== null && 'version' in description ? String(description.version) : 'unknown';
    process.stdout.write(`mlab ${version} (Node ${process.versions.node}, ${process.platform}-${process.arch})\n`);
    return 0;
  },
};
