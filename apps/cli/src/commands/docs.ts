import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../command.ts';
import { generatedDocs } from '../generated-docs.ts';
import { repositoryFolder } from '../home.ts';

export const command: Command = {
  summary: 'Writes the parts of docs/ that come from the declarations of the services.',
  usage: 'docs',
  options: {},
  async run() {
    for (const { file, now, wanted } of generatedDocs()) {
      if (now !== wanted) writeFileSync(join(repositoryFolder, file), wanted);
      process.stdout.write(`${now === wanted ? 'up to date' : 'written   '}  ${file}\n`);
    }
    return 0;
  },
};
