import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../command.ts';
import { repositoryFolder } from '../home.ts';

export const command: Command = {
  summary: 'Writes what comes from the declarations of the services: parts of docs/, and the list that mlab up reads.',
  usage: 'docs',
  options: {},
  async run() {
    const { generatedDocs, generatedServiceList } = await import('../generated-docs.ts');
    for (const { file, now, wanted } of [...(await generatedDocs()), await generatedServiceList()]) {
      if (now !== wanted) writeFileSync(join(repositoryFolder, file), wanted);
      process.stdout.write(`${now === wanted ? 'up to date' : 'written   '}  ${file}\n`);
    }
    return 0;
  },
};
